# What the scripts of this directory share; POSIX sh, sourced. Promises:
# - nothing of an ad is ever run or becomes another field: ads go to curl on its standard input, which encodes them;
# - nothing secret is among the arguments of a process, and no temporary file is made;
# - every wait ends: a request after `timeout` seconds, all attempts of one script after `patience`.
# shellcheck shell=sh

PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset CDPATH
umask 077
set -uf

program=${0##*/}
newline='
'

say() {
  printf '%s: %s\n' "$program" "$1" >&2
}

# One line that a log and a ClassAd string take as it is; what it says may come from a user's ad.
one_line() {
  printf '%s' "$1" | tr '\n\t' '  ' | tr -d '\000-\037\177' | tr '"\\' "'/" | cut -c 1-500
}

# Reads the settings, a file of sh: htcondor.conf beside the scripts, else in /etc/lark. Sets problem and is false where they
# cannot be used. `here` is this worker node's name.
read_settings() {
  url=http://127.0.0.1:8080 token_file='' ca='' cert='' key=''
  lease=900 timeout=30 connect_timeout=5 patience=60
  machine='' place=/run/lark/places lease_addresses='' helper='' owner=ad otherwise=idle state=/run/lark/callouts
  token='' machine_ad=''
  settings=${0%/*}/htcondor.conf
  [ -f "$settings" ] || settings=/etc/lark/htcondor.conf
  if [ ! -r "$settings" ]; then
    problem="The settings $settings cannot be read: copy htcondor.conf.sample there."
    return 1
  fi
  # shellcheck source=/dev/null
  . "$settings"
  for number in "$lease" "$timeout" "$connect_timeout" "$patience"; do
    case $number in
      '' | *[!0-9]* | 0* | ???????*)
        problem="lease, timeout, connect_timeout and patience of $settings are whole seconds, not '$number'."
        return 1
        ;;
    esac
  done
  if ! command -v curl >/dev/null; then
    problem="There is no curl in $PATH."
    return 1
  fi
  url=${url%/}
  here=$machine
  [ -n "$here" ] || here=$(hostname -f 2>/dev/null) || here=$(uname -n)
}

# The token of token_file into $token; a file that everybody may read gives every job the right to reload the policy.
read_token() {
  [ -n "$token_file" ] || return 0
  if ! IFS= read -r token <"$token_file" && [ -z "$token" ]; then
    problem="The token file $token_file cannot be read by user $(id -u)."
    return 1
  fi 2>/dev/null
  case $token in
    *[!A-Za-z0-9._~+/=-]*)
      problem="$token_file holds no token: expected one line, as 'lark token' prints it."
      return 1
      ;;
  esac
  if [ -n "$(find "$token_file" -prune -perm -004)" ]; then
    problem="Everybody may read the token file $token_file: chmod 600."
    return 1
  fi
}

# curl with all that the settings say; "$@" are the request's own arguments. $body is its standard input, $machine_ad its
# descriptor 4, and the token its descriptor 3: no other user sees them. Neither ~/.curlrc nor a proxy has a say.
lark_curl() {
  set -- -q -sS -D - -w '\n%{http_code}' --noproxy '*' -H 'Expect:' -K /dev/fd/3 \
    --connect-timeout "$connect_timeout" --max-time "$timeout" "$@"
  [ -z "$ca" ] || set -- "$@" --cacert "$ca"
  [ -z "$cert" ] || set -- "$@" --cert "$cert"
  [ -z "$key" ] || set -- "$@" --key "$key"
  authorization=''
  [ -z "$token" ] || authorization="header = \"Authorization: Bearer $token\""
  printf '%s' "$body" | curl "$@" 3<<TOKEN 4<<AD
$authorization
TOKEN
$machine_ad
AD
}

# One request. Sets answer, status (000: no whole answer), code and problem.
ask_once() {
  if answer=$(lark_curl "$@" 2>&1); then
    status=${answer##*"$newline"}
  else
    status=000
  fi
  code=$(member code)
  if [ "$status" = 000 ]; then
    problem="Lark at $url does not answer: $(one_line "$(printf '%s\n' "$answer" | sed -n 's/^curl: //p')")"
  else
    problem=$(one_line "ERROR ${code:-HTTP $status} $(member detail)")
  fi
}

# The first member of that name, a string, in the answer's JSON.
member() {
  printf '%s\n' "$answer" | grep -o "\"$1\": *\"\\([^\"\\\\]\\|\\\\.\\)*\"" | sed -n '1{
    s/^"[a-z]*": *"//
    s/"$//
    s/\\\(["\\/]\)/\1/g
    p
  }'
}

# As ask_once, and again until `patience` is over where the answer may change by itself: what is asked here may be asked
# twice. True if Lark has done it. `half` is what is made of 202: `accept` it, or `wait` until it is 200.
ask() {
  half=$1
  shift
  deadline=$(($(date +%s) + patience))
  while :; do
    ask_once "$@"
    case $status in
      200) return 0 ;;
      202)
        [ "$half" = wait ] || return 0
        problem="WAITING The switch of the job is not connected."
        ;;
      000 | 408 | 429 | 5??) ;;
      *) [ "$code" = JOB_ADDRESS_HELD_BACK ] || return 1 ;;
    esac
    [ "$(($(date +%s) + 1))" -lt "$deadline" ] || return 1
    sleep 1
  done
}

# Registers $job_ad with $machine_ad, if there is one, and the fields in "$@", such as ipv4=10.1.0.7. Sets location. True if
# the job may start; what was registered and may not is ended again.
register() {
  body=$job_ad
  for field in "$@"; do
    shift
    set -- "$@" --data-urlencode "$field"
  done
  [ -z "$machine_ad" ] || set -- "$@" --data-urlencode machineAd@/dev/fd/4
  registered=yes
  ask wait "$url/v1/jobs" --data-urlencode jobAd@- --data-urlencode "leaseSec=$lease" "$@" || registered=''
  location=$(printf '%s\n' "$answer" | tr -d '\r' | sed -n -e '/^$/q' -e 's/^[Ll]ocation: *//p')
  [ -z "$registered" ] || is_location "$location" || registered='' problem="$url is not Lark: it named no job."
  [ -z "$registered" ] || return 0
  why=$problem last_status=$status last_code=$code
  [ "$status" != 202 ] || remove "$location" || say "$problem"
  problem=$why status=$last_status code=$last_code
  return 1
}

# Whether a text is the path of one job, as Lark writes it in Location.
is_location() {
  case $1 in
    /v1/jobs/?*) ;;
    *) return 1 ;;
  esac
  case ${1#/v1/jobs/} in
    *[!A-Za-z0-9%._~!*\'\(\)-]*) return 1 ;;
  esac
}

# Ends the registration of a path; one that has ended already is as good.
remove() {
  body='' machine_ad=''
  ask accept -X DELETE "$url$1" || [ "$code" = JOB_NOT_FOUND ]
}

# For hooks that HTCondor ends after 30 seconds.
hurry() {
  [ "$patience" -le 15 ] || patience=15
  [ "$timeout" -le 10 ] || timeout=10
}
