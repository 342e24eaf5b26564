"""Open a local page to turn the parameters of synths and to see and play sounds and their doppelgängers.

It also maps sounds by their embeddings, matches a sound that you drop, and classifies sounds that you label.
The page is served to this machine alone, at an address that is printed, until Ctrl-C. Its link holds the whole state:
the same link is the same sound. Nothing is fetched from the network or written to disk.

examples:
  python -m doppelganger explorer
  python -m doppelganger explorer --folder recordings/
  python -m doppelganger explorer --port 8000 --no-browser
"""

import webbrowser
from argparse import ArgumentParser, Namespace
from pathlib import Path

from synths.command_line.usage import naming


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8765, help="port; 0 takes a free one (%(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="address to bind to (%(default)s, this machine alone)")
    parser.add_argument("--encoder", default="small", help="encoder of similarities, as in evaluate (%(default)s)")
    parser.add_argument("--folder", type=Path, help="folder of recordings to show on the map (none)")
    parser.add_argument("--no-browser", action="store_true", help="print the address, open no browser")


def run(args: Namespace) -> None:
    from doppelganger.explorer.api import Api
    from doppelganger.explorer.server import Server

    if not 0 <= args.port < 2**16:
        raise ValueError(f"--port: expected a number from 0 to 65535; got {args.port}")
    if args.folder and not args.folder.is_dir():
        raise ValueError(f"--folder: expected a folder of sounds; got {args.folder}")
    with naming("--folder"):
        api = Api(args.encoder, args.folder)
    with naming("--encoder", (ValueError, OSError)):
        _ = api.similarity.encoder
    with naming(f"--host {args.host} --port {args.port}", OSError):
        server = Server(api, args.host, args.port)
    print(f"{server.url} (Ctrl-C stops it)", flush=True)
    if args.host not in ("127.0.0.1", "localhost", "::1"):
        print("others on the network can open this page", flush=True)
    if not args.no_browser:
        webbrowser.open(server.url)
    with server:
        server.serve_forever()
