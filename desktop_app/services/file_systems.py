"""What a folder lies on, as far as it matters: some things don't work between two computers."""

from __future__ import annotations

from pathlib import Path

_NETWORKED = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.ceph", "fuse.glusterfs", "fuse.sshfs", "gpfs", "lustre", "ncpfs",
    "nfs", "nfs4", "panfs", "smb3", "smbfs", "virtiofs", "weka",
})  # fmt: skip
_MOUNTS = Path("/proc/self/mounts")


def is_networked(path: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether a path lies on a file system that other computers may have as well; no where that is not known."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
        real = path.resolve()
    except OSError:
        return False
    kinds = {Path(_plain(fields[1])): fields[2] for fields in map(str.split, lines) if len(fields) > 2}
    above = next((each for each in (real, *real.parents) if each in kinds), None)
    return above is not None and kinds[above] in _NETWORKED


def _plain(mount: str) -> str:
    """Return a mount point as it is: spaces and the like are written as octal numbers."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        mount = mount.replace(code, character)
    return mount
