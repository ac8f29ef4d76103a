"""What the generators of files do in the end: write them, or with --check compare them."""
import sys


def write_or_check(files, there):
    """files: contents by path; there: the paths that stand where only such files may."""
    if "--check" in sys.argv[1:]:
        wrong = sorted(str(p) for p in set(there) | set(files)
                       if p not in files or not p.exists() or p.read_bytes() != files[p])
        sys.exit("\n".join(["these files differ from what this program writes:", *wrong])
                 if wrong else 0)
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
