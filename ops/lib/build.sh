# shellcheck shell=bash
# Building the product when its sources changed. Sourced by the other scripts; wants the repository in $root.
# shellcheck disable=SC2154

say() { echo "${0##*/}: $*" >&2; }

require_sdk() {
  if command -v dotnet >/dev/null && dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; then return; fi
  say "needs the .NET SDK 10, which is not on this machine."
  say "Debian and Ubuntu, with Microsoft's package feed: apt-get install dotnet-sdk-10.0"
  say "anywhere else: https://dotnet.microsoft.com/download/dotnet/10.0"
  exit 3
}

# The program's launcher looks for the runtime in a few places only; the one beside `dotnet` is as good.
locate_runtime() {
  local dotnet
  if [[ -z ${DOTNET_ROOT:-} ]] && dotnet=$(command -v dotnet); then
    dotnet=$(readlink -f "$dotnet")
    export DOTNET_ROOT=${dotnet%/*}
  fi
}

# newer_source STAMP TYPES PROJECT... - one path of these types (of find) that changed since STAMP, or nothing. Type d
# matters because a deleted file shows only in its folder.
newer_source() {
  local stamp=$1 types=$2
  shift 2
  (cd "$root" && find "$@" hocon ./*.props global.json \( -name bin -o -name obj \) -prune -o \
    -type "$types" -newer "$stamp" -print -quit)
}

# build_when_needed NAME PRODUCT PROJECT... - builds PROJECT/PROJECT.csproj of the last PROJECT in Release when PRODUCT is
# missing or a source of any PROJECT changed. Quiet unless the build fails.
build_when_needed() {
  local name=$1 product=$2
  shift 2
  local stamp=$root/.build/$name.stamp
  if [[ -e $product && -e $stamp && -z $(newer_source "$stamp" f,d "$@") ]]; then return; fi
  require_sdk
  mkdir -p "$root/.build"
  (
    # Two at once would write the same files. The second finds the work done.
    if command -v flock >/dev/null; then flock 9; fi
    if [[ -e $product && -e $stamp && -z $(newer_source "$stamp" f,d "$@") ]]; then exit 0; fi
    touch "$stamp.begin"
    local log=$root/.build/$name.log project=${!#}
    [[ -t 2 ]] && say "building ($project) ..."
    if ! dotnet build "$root/$project/$project.csproj" -c Release -v quiet --nologo -clp:NoSummary >"$log" 2>&1 </dev/null; then
      cat "$log" >&2
      say "the build failed"
      exit 4
    fi
    # The build touches folders by making bin and obj, so its end counts, unless a file was edited meanwhile. `touch`
    # without this check would hide that edit for ever.
    if [[ -z $(newer_source "$stamp.begin" f "$@") ]]; then touch "$stamp.begin"; fi
    mv "$stamp.begin" "$stamp"
  ) 9>"$root/.build/lock" || exit $?
}

program=Proxy.Cluster/bin/Release/net10.0/proxy
build_program() { build_when_needed program "$root/$program" Proxy.Edge Proxy.Actors Proxy.Cluster; }
build_tests() {
  build_when_needed tests "$root/Proxy.Tests/bin/Release/net10.0/Proxy.Tests" Proxy.Edge Proxy.Actors Proxy.Cluster Proxy.Tests
}
