# What lark-network-create and lark-network-delete share; POSIX sh, sourced after lark-lib.sh. The one leaves to the other
# which registration it made, since an address outlives its job.
# shellcheck shell=sh

fail() {
  say "$1"
  exit 1
}

start() {
  read_settings && read_token || fail "$problem"
}

# Sets inner (without a prefix length) and record, by the names that the starter gives to a job's network.
at() {
  inner=${3%/*}
  case $1$2$inner in
    *[!A-Za-z0-9_.:%@-]*) fail "these name no network: $(one_line "$1 $2 $3")" ;;
  esac
  record=$state/$1,$2,$inner
}

# Sets location to that of the job of this machine with the inner address; empty where there is none.
by_address() {
  location='' body=''
  set -- -G --data-urlencode "address=$inner" --data-urlencode "machine=$here"
  ask accept "$url/v1/jobs" "$@" || return 1
  found=$(member key)
  [ -z "$found" ] || location=/v1/jobs/$(printf '%s' "$found" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g')
}
