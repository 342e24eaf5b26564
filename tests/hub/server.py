"""A Hugging Face Hub in a thread: repositories of small files, with the few addresses that huggingface_hub uses."""

import base64
import hashlib
import json
import re
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

TOKEN = "hf_of_the_test"


class Repository:
    """Commits in order, each with all files; branches and tags by name."""

    def __init__(self, private=False, gated=False):
        self.private, self.gated = private, gated
        self.commits: dict[str, dict[str, bytes]] = {}
        self.refs: dict[str, str] = {}

    def commit(self, files: dict[str, bytes]) -> str:
        kept = self.files("main") or {}
        oid = hashlib.sha1(f"{len(self.commits)} {sorted(files)}".encode()).hexdigest()
        self.commits[oid], self.refs["main"] = kept | files, oid
        return oid

    def oid(self, revision: str) -> str | None:
        return revision if revision in self.commits else self.refs.get(revision)

    def files(self, revision: str) -> dict[str, bytes] | None:
        return self.commits.get(self.oid(revision) or "")


class Server(ThreadingHTTPServer):
    """Repositories by name, and the method and the path of every request."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories: dict[str, Repository] = {}
        self.requests: list[str] = []
        self.breaking = False  # the connection, where a file is downloaded
        self.url = f"http://127.0.0.1:{self.server_port}"

    def downloads(self) -> list[str]:
        """Requests of files; the client has its own besides, once a process."""
        return [request for request in self.requests if "/resolve/" in request]


@contextmanager
def running():
    server = Server()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def log_message(self, format, *args):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = self._noted()
        if match := re.fullmatch(r"/(\w[\w.-]*/[\w.-]+)/resolve/([^/]+)/(.+)", path):
            return self._resolve(match[1], unquote(match[2]), match[3])
        if match := re.fullmatch(r"/api/models/([\w.-]+/[\w.-]+)(?:/revision/(.+))?", path):
            if (found := self._repository(match[1])) is not None:
                self._answer({"id": match[1], "private": found.private, "sha": found.refs.get("main"), "siblings": []})
            return None
        return self._answer({"error": "no such address"}, 404)

    def do_POST(self):
        path = self._noted()
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if path == "/api/validate-yaml":
            accepted = not re.search("^license: (?!apache-2.0$)", json.loads(body)["content"], re.M)
            errors = [] if accepted else [{"message": '"license" must be one of [apache-2.0, ...]'}]
            return self._answer({"errors": errors, "warnings": []}, 200 if accepted else 400)
        if not self._logged_in():
            return self._answer({"error": "Invalid username or password."}, 401)
        if path == "/api/repos/create":
            repo_json = json.loads(body)
            name = f"{repo_json['organization']}/{repo_json['name']}"
            there = name in self.server.repositories
            private = repo_json.get("visibility") == "private" or bool(repo_json.get("private"))
            self.server.repositories.setdefault(name, Repository(private))
            return self._answer({"url": f"{self.server.url}/{name}"}, 409 if there else 200)
        _, _, _, user, repo, kind, _ = path.split("/")
        repository = self.server.repositories[f"{user}/{repo}"]
        if kind == "preupload":
            files = [file["path"] for file in json.loads(body)["files"]]
            modes = [{"path": file, "uploadMode": "regular", "shouldIgnore": False} for file in files]
            return self._answer({"files": modes})
        lines = [json.loads(line) for line in body.splitlines()]
        added = {line["value"]["path"]: line["value"] for line in lines if line["key"] == "file"}
        oid = repository.commit({name: base64.b64decode(file["content"]) for name, file in added.items()})
        return self._answer({"commitUrl": f"{self.server.url}/{user}/{repo}/commit/{oid}", "commitOid": oid})

    def _resolve(self, name: str, revision: str, file: str) -> None:
        repository = self._repository(name)
        if repository is None:
            return
        if repository.gated and not self._logged_in():
            return self._error("GatedRepo", 403)
        files = repository.files(revision)
        if files is None:
            return self._error("RevisionNotFound")
        commit = {"X-Repo-Commit": str(repository.oid(revision))}
        if file not in files:
            return self._error("EntryNotFound", headers=commit)
        etag = {"ETag": f'"{hashlib.sha1(files[file]).hexdigest()}"'}
        return self._send(files[file], 200, commit | etag)

    def _repository(self, name: str) -> Repository | None:
        found = self.server.repositories.get(name)
        if found is None or (found.private and not self._logged_in()):
            return self._error("RepoNotFound", 404 if self._logged_in() else 401)
        return found

    def _logged_in(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _noted(self) -> str:
        path = self.path.partition("?")[0]
        self.server.requests.append(f"{self.command} {path}")
        return path

    def _error(self, code: str, status: int = 404, headers: dict[str, str] | None = None) -> None:
        self._send(b"{}", status, {"X-Error-Code": code, "X-Error-Message": code, **(headers or {})})

    def _answer(self, content: dict, status: int = 200) -> None:
        self._send(json.dumps(content).encode(), status, {"Content-Type": "application/json"})

    def _send(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.server.breaking:
            content = content[:10]
        if self.command != "HEAD":
            self.wfile.write(content)
