#!/bin/sh
# Make the desktop of this user know .kq files: their MIME type, thumbnails, and file(1).
#
#     tools/desktop/install.sh            install, below XDG_DATA_HOME or else ~/.local/share
#     tools/desktop/install.sh --remove   take it all away again
#
# Needs update-mime-database (Debian: shared-mime-info). The command that makes thumbnails is the
# kq that is on the PATH now, by its whole name, as file managers may have another PATH. For
# file(1), ~/.magic is written if there is none; else the lines to add are named.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
data=${XDG_DATA_HOME:-$HOME/.local/share}
magic=$HOME/.magic

die() { printf 'install.sh: %s\n' "$1" >&2; exit "$2"; }

remove() {
    rm -f "$data/mime/packages/kqformat.xml" "$data/thumbnailers/kqformat.thumbnailer"
    if [ -f "$magic" ] && cmp -s "$here/kqformat.magic" "$magic"; then rm -f "$magic"; fi
    if [ -d "$data/mime/packages" ]; then update-mime-database "$data/mime"; fi
}

install_all() {
    kq=$(command -v kq) || die 'kq is not on the PATH; activate its environment first' 1
    case $kq in
        /*) ;;
        *) kq=$PWD/$kq ;;
    esac
    mkdir -p "$data/mime/packages" "$data/thumbnailers"
    cp "$here/kqformat.xml" "$data/mime/packages/kqformat.xml"
    # Quoted, and then escaped, as the Desktop Entry Specification says; then made safe for sed.
    quoted=$(printf '%s' "$kq" | sed -e 's/[\\"`$]/\\&/g' -e 's/\\/\\\\/g' -e 's/%/%%/g')
    safe=$(printf '%s' "$quoted" | sed -e 's/[\\&|]/\\&/g')
    sed -e "s|^Exec=kq |Exec=\"$safe\" |" -e '/^TryExec=/d' "$here/kqformat.thumbnailer" \
        >"$data/thumbnailers/kqformat.thumbnailer"
    update-mime-database "$data/mime"
    if [ ! -e "$magic" ]; then
        cp "$here/kqformat.magic" "$magic"
    elif ! cmp -s "$here/kqformat.magic" "$magic"; then
        printf 'install.sh: %s exists; for file(1), add the lines of %s to it\n' \
            "$magic" "$here/kqformat.magic" >&2
    fi
}

command -v update-mime-database >/dev/null || die 'update-mime-database is not installed' 1
case ${1-} in
    '') install_all ;;
    --remove) remove ;;
    *) die "unknown argument $1; expected none, or --remove" 2 ;;
esac
