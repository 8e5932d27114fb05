# What the three starter hooks share; POSIX sh, sourced after lark-lib.sh. A hook runs as the job's user, in the job's
# directory. Where the settings name a `helper` it hands what it was told to itself, started by that as another user who may
# read the token; that one believes nothing that the root-owned `place` does not say, but for the ad.
#   HOOK [exit|remove|hold|evict]
#   HOOK -i      behind the helper: the slot's name on the first line of standard input, then the ad
# shellcheck shell=sh

# What PREPARE_JOB gives back if the job does not start: the path of its lease.
lease_location=''

start() {
  is_inner=''
  [ "${1:-}" != -i ] || is_inner=yes
  read_settings || fail "$problem"
  if [ -n "$is_inner" ]; then
    caller=${SUDO_UID:-} user=${SUDO_USER:-}
    [ -n "$caller" ] || fail 'option -i is for the helper, which says who called it (SUDO_UID)'
    IFS= read -r slot || slot=''
    # The job's directory is its user's alone.
    cd / || exit 1
  else
    caller=$(id -u) user=$(id -un 2>/dev/null || id -u)
  fi
  job_ad=$(cat)
}

# Goes on as another user, if the settings say so; does not return then. $slot is known.
through_helper() {
  [ -z "$is_inner" ] && [ -n "$helper" ] || return 0
  # A command and its arguments.
  # shellcheck disable=SC2086
  said=$(printf '%s\n%s\n' "$slot" "$job_ad" | $helper "$0" -i)
  result=$?
  # Behind it PREPARE_JOB always says something: without a word it was not run.
  [ "$result" -eq 0 ] || [ -n "$said" ] || fail "$helper ended with status $result"
  [ -z "$said" ] || printf '%s\n' "$said"
  exit "$result"
}

# The value of an attribute that is a string without a quote in it; letter case does not count. Of two the last.
attribute() {
  grep -i "^$1 = \"[^\"]*\"\$" | sed -n '$s/^[^"]*"\(.*\)"$/\1/p'
}

# A string with a newline in it begins new attributes in long form, and so might make its user another. HTCondor's printing
# leaves its quote open on its first line, or closes one on its last that is not open.
check_ad() {
  case $job_ad in
    '' | [!A-Za-z_\']*) problem='the job ad on standard input is not in long form' ;;
    *)
      torn=$(printf '%s\n' "$job_ad" | sed -e 's/\\"$/"/' -e 's/\\"//g' -e 's/[^"]//g' -e 's/""//g' | grep -c '"')
      [ "$torn" -ne 0 ] || return 0
      problem='a string of the job ad has a newline in it, which could pass for attributes of its own'
      ;;
  esac
  return 1
}

# The job's place by its slot, as the site says it: a file of root's, or what a program of the site's prints. Sets fields,
# one in a line.
read_place() {
  fields='' owner_uid=''
  case $slot in
    '' | [!A-Za-z0-9]* | *[!A-Za-z0-9_.@-]*)
      problem="'$(one_line "$slot")' is no slot's name"
      return 1
      ;;
  esac
  leased=''
  [ "$lease_addresses" != yes ] || lease_job_addresses || return 1
  if [ -d "$place" ]; then
    said=$(cat "$place/${slot%%@*}" 2>&1)
  else
    # An address a word.
    # shellcheck disable=SC2086
    said=$("$place" "${slot%%@*}" $leased 2>&1)
  fi || {
    problem="$place does not say where the job of ${slot%%@*} is: $(one_line "$said")"
    return 1
  }
  while IFS= read -r line; do
    case $line in
      '' | '#'*) ;;
      uid=*) owner_uid=${line#uid=} ;;
      ipv4=?* | ipv6=?* | mac=?* | interface=?* | networkType=?*) fields=$fields$line$newline ;;
      *)
        problem="$place says of ${slot%%@*} '$(one_line "$line")': expected ipv4=, ipv6=, mac=, interface=, networkType= or uid="
        return 1
        ;;
    esac
  done <<END
$said
END
  case $newline$fields in
    *"${newline}ipv4="* | *"${newline}ipv6="*) ;;
    *)
      for address in $leased; do
        case $address in
          *:*) fields=${fields}ipv6=${address%%/*}$newline ;;
          *) fields=${fields}ipv4=${address%%/*}$newline ;;
        esac
      done
      ;;
  esac
  if [ -n "$is_inner$owner_uid" ] && [ "$owner_uid" != "$caller" ]; then
    problem="the slot ${slot%%@*} is not user $caller's: $place says uid=$owner_uid"
    # Nor is it for him to say that the slot's job lets go of its addresses.
    lease_location=''
    return 1
  fi
}

# Addresses that Lark leases to the job: sets leased, a word each, ADDRESS/LENGTH or ADDRESS/LENGTH,GATEWAY. Asked again for the same
# job it gives the same. What is leased, never registered and not given back ends with its time, or when the slot's next job asks.
lease_job_addresses() {
  body=$job_ad
  ask accept "$url/v1/addresses" --data-urlencode jobAd@- --data-urlencode "leaseSec=$lease" \
    --data-urlencode "machine=$machine" --data-urlencode "slot=$slot" || return 1
  leased=$(printf '%s\n' "$answer" |
    grep -o '"address":"[0-9a-f:.]*","prefixLength":[0-9]*,"gateway":\("[0-9a-f:.]*"\|null\)' |
    sed -e 's/^"address":"//' -e 's,"\,"prefixLength":,/,' -e 's/,"gateway":null$//' -e 's/"gateway":"//' -e 's/"$//' | tr '\n' ' ')
  if [ -z "$leased" ]; then
    problem="$url is not Lark: it leased no address."
    return 1
  fi
  lease_location=/v1/addresses/$(member key | encoded)
}

# Ends the lease of a job that is not registered, if there is one: asked once, as its time ends it otherwise. Where a registration
# came through after all, Lark refuses.
give_addresses_back() {
  case ${lease_location#/v1/addresses/} in
    '' | *[!A-Za-z0-9%._~!*\'\(\)-]*) return 0 ;;
  esac
  # Nobody answered the question before: what became of the registration is not known.
  [ "$status" != 000 ] || return 0
  body='' machine_ad=''
  ask_once -X DELETE "$url$lease_location"
}

# Registers the job at its place: $slot on $machine.
register_at_place() {
  if [ "$owner" = user ]; then
    case $user in
      '' | *[!A-Za-z0-9_.-]*)
        problem="'$(one_line "$user")' is no name for an Owner"
        return 1
        ;;
    esac
    # In the place of the ad's own: Lark refuses an ad that has an attribute twice.
    job_ad="$(printf '%s\n' "$job_ad" | grep -iv '^[[:space:]]*owner[[:space:]]*=')${newline}Owner = \"$user\""
  fi
  old_ifs=$IFS IFS=$newline
  # One field a line.
  # shellcheck disable=SC2086
  set -- $fields
  IFS=$old_ifs
  register "machine=$machine" "slot=$slot" "$@"
}

# What PREPARE_JOB left in the ad, LarkJob, as location, machine and slot; false where there is none. The job's own number
# has to be in it, since its user may have written another's into his submit file.
read_location() {
  location=$(printf '%s\n' "$job_ad" | attribute LarkJob)
  is_location "$location" || return 1
  own=$(printf '%s\n' "$job_ad" | attribute GlobalJobId | encoded)
  case $location in
    "/v1/jobs/$own%7C"*) [ -n "$own" ] || return 1 ;;
    *) return 1 ;;
  esac
  slot=$(decoded "${location##*%7C}")
  machine=${location%"%7C"*}
  machine=$(decoded "${machine##*%7C}")
  [ -z "$is_inner" ] || [ "$machine" = "$here" ]
}

# As a part of a path, what stands in the names of jobs, machines and slots.
encoded() {
  sed 's/%/%25/g; s/#/%23/g; s/@/%40/g; s/:/%3A/g; s/+/%2B/g; s,/,%2F,g; s/|/%7C/g'
}

decoded() {
  printf '%s' "$1" | sed 's/%40/@/g; s/%3A/:/g'
}
