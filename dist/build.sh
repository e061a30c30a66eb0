#!/usr/bin/env bash
# Builds what a release consists of, into artifacts/dist (or $OUT):
#   dist/build.sh                everything but the image
#   dist/build.sh linux-x64      eddy-VERSION-linux-x64: one file; .NET is in it
#   dist/build.sh linux-arm64    eddy-VERSION-linux-arm64.tar.gz: for a machine with the ASP.NET Core runtime 10, like a Raspberry Pi
#   dist/build.sh deb            eddy_VERSION_amd64.deb: program, unit, completion, manual page, /etc/eddy/eddy.conf
#   dist/build.sh image          the container image eddy:VERSION; BASE=IMAGE takes another base than the Dockerfile's
# SHA256SUMS covers all files that lie there. The same commit gives the same package, but for what the compiler decides.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
out=${OUT:-$root/artifacts/dist}
work=$out/work
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$root/Directory.Build.props")
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

say() { printf '== %s\n' "$*"; }

# publish RID DIRECTORY OPTIONS...: the program in a directory of its own
publish() {
  local rid=$1 to=$2
  shift 2
  rm -rf "$to"
  dotnet publish "$root/src/Eddy" -c Release -r "$rid" -o "$to" -p:DebugType=none -v q "$@"
  rm -f "$to"/web.config "$to"/*.xml "$to"/*.staticwebassets.endpoints.json
}

linux_x64() {
  say "single file for linux-x64"
  publish linux-x64 "$work/single" --self-contained -p:PublishSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true -p:EnableCompressionInSingleFile=true
  install -m 755 "$work/single/eddy" "$out/eddy-$version-linux-x64"
}

linux_arm64() {
  say "framework-dependent program for linux-arm64"
  local name=eddy-$version-linux-arm64
  publish linux-arm64 "$work/$name" --no-self-contained -p:UseAppHost=false
  cat >"$work/$name/eddy" <<'SH'
#!/bin/sh
# Runs eddy with the machine's own .NET: https://learn.microsoft.com/dotnet/core/install/linux (the ASP.NET Core runtime, 10.0).
exec dotnet "$(dirname "$(readlink -f "$0")")/eddy.dll" "$@"
SH
  chmod 755 "$work/$name/eddy"
  tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -czf "$out/$name.tar.gz" "$name"
}

folder() {
  [ -x "$work/folder/eddy" ] || publish linux-x64 "$work/folder" --self-contained
}

deb() {
  say "Debian package"
  folder
  local tree=$work/deb eddy=$work/folder/eddy
  rm -rf "$tree"
  mkdir -p "$tree"/usr/{lib,bin,share/man/man1,share/doc/eddy,share/bash-completion/completions,share/zsh/vendor-completions,share/fish/vendor_completions.d}
  mkdir -p "$tree"/DEBIAN "$tree"/etc/eddy "$tree"/lib/systemd/system
  cp -r "$work/folder" "$tree/usr/lib/eddy"
  find "$tree/usr/lib/eddy" -type f ! -name eddy -exec chmod 644 {} +
  ln -s ../lib/eddy/eddy "$tree/usr/bin/eddy"
  "$eddy" man | gzip -9n >"$tree/usr/share/man/man1/eddy.1.gz"
  "$eddy" completion bash >"$tree/usr/share/bash-completion/completions/eddy"
  "$eddy" completion zsh >"$tree/usr/share/zsh/vendor-completions/_eddy"
  "$eddy" completion fish >"$tree/usr/share/fish/vendor_completions.d/eddy.fish"
  cp "$root/README.md" "$root"/docs/*.md "$tree/usr/share/doc/eddy/"
  gzip -9n <"$root/CHANGELOG.md" >"$tree/usr/share/doc/eddy/changelog.gz"
  cp "$root/LICENSE" "$tree/usr/share/doc/eddy/copyright"
  cp "$here/debian/eddy.service" "$tree/lib/systemd/system/"
  # No variable of whoever builds this belongs into the file.
  env -i HOME=/nonexistent DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$eddy" config init --print --offline --config "$work/none.conf" \
    --eddy.datadir /var/lib/eddy --eddy.mode observe --lnd.macaroon /etc/eddy/eddy.macaroon |
    sed "1s/ on [0-9-]*\.\$/./" >"$tree/etc/eddy/eddy.conf"
  echo /etc/eddy/eddy.conf >"$tree/DEBIAN/conffiles"
  sed -e "s/@VERSION@/$version/" -e "s/@SIZE@/$(du -sk "$tree" | cut -f1)/" "$here/debian/control" >"$tree/DEBIAN/control"
  install -m 755 "$here"/debian/{postinst,prerm,postrm} "$tree/DEBIAN/"
  find "$tree" -type d -exec chmod 755 {} +
  chmod 640 "$tree/etc/eddy/eddy.conf"
  find "$tree" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group --build "$tree" "$out/eddy_${version}_amd64.deb" >/dev/null
}

image() {
  say "container image"
  folder
  rm -rf "$work/image"
  mkdir -p "$work/image/data"
  cp -r "$work/folder" "$work/image/eddy"
  docker build -q -t "eddy:$version" ${BASE:+--build-arg "BASE=$BASE"} -f "$here/Dockerfile" "$work/image"
}

mkdir -p "$out" "$work"
if [ "${1:-all}" = all ]; then
  set -- linux-x64 linux-arm64 deb
fi
rm -rf "$work/folder"
for what in "$@"; do
  case $what in
    linux-x64) linux_x64 ;;
    linux-arm64) linux_arm64 ;;
    deb) deb ;;
    image) image ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done
cd "$out"
sums=$(find . -maxdepth 1 -type f ! -name SHA256SUMS -printf '%f\n' | LC_ALL=C sort | xargs -r sha256sum)
echo "$sums" | tee SHA256SUMS
