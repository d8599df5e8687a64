"""A JupyterHub on loopback with students who use it through HTTP and websockets, as a browser does.

`tools/release/class_load.py` measures with it. Linux only: memory is read from /proc.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tools.authors.notebooks import ROOT

JUPYTERHUB, PROXY = "jupyterhub==5.5.4", "configurable-http-proxy@5.3.0"
CONFIG = ROOT / "docs" / "teaching" / "jupyterhub_config.py"
VENV, NODE = ROOT / "build" / "hub-venv", ROOT / "build" / "hub-node"
ANSWER = 600  # seconds until a page, a server or a cell that does not answer counts as failed


class ClassError(Exception):
    """Something that a student would have to report to the teacher; the message says what."""


def install() -> None:
    """Make build/hub-venv and build/hub-node once; the course's own environment stays as it is.

    Raises
    ------
    SystemExit
        If npm, which brings the proxy, is missing.
    """
    wanted = f"{JUPYTERHUB} {PROXY} {sysconfig.get_path('purelib')}"
    ready = VENV / ".ready"
    if ready.exists() and ready.read_text() == wanted:
        return
    if not shutil.which("npm"):
        raise SystemExit("class-load needs Node.js with npm, for the proxy of JupyterHub")
    print(f"installing {JUPYTERHUB} and {PROXY} below {VENV.parent}", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    # The students' servers and kernels see the course's packages through this line, and pip installs
    # only what JupyterHub needs beyond them.
    site = subprocess.run(
        [VENV / "bin" / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    Path(site, "course.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    subprocess.run(
        [VENV / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", JUPYTERHUB], check=True
    )
    subprocess.run(["npm", "install", "--silent", "--prefix", NODE, PROXY], check=True)
    ready.write_text(wanted)


def free_ports(count: int) -> int:
    """Return the first of `count` neighbouring ports on loopback that nobody uses."""
    while True:
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                for number in range(1, count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port + number))
            except (OSError, OverflowError):
                continue
            return port


@dataclass(frozen=True)
class Hub:
    """A running hub: its address, the password for every name, and the mark that its processes carry."""

    url: str
    password: str
    mark: str

    def processes(self) -> dict[psutil.Process, str]:
        """Return the hub's processes and whose they are: "hub", "proxy" or a student's name."""
        found = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                environment = process.environ()
                if environment.get("CLASS_MARK") == self.mark:
                    proxy = any("configurable-http-proxy" in word for word in process.cmdline())
                    found[process] = "proxy" if proxy else environment.get("JUPYTERHUB_USER", "hub")
        return found


@contextlib.contextmanager
def running(folder: Path, environment: Mapping[str, str], seconds: float) -> Iterator[Hub]:
    """Start the hub, hand it out, and end it with all its servers and kernels.

    Parameters
    ----------
    folder : Path
        Existing, empty; takes the students' homes, the hub's files and its log.
    environment : mapping
        For the hub and what it starts.
    seconds : float
        The hub ends after this time even if nobody is left to end it.
    """
    port, mark, password = free_ports(3), secrets.token_hex(8), secrets.token_urlsafe(24)
    url = f"http://127.0.0.1:{port}"
    path = f"{VENV / 'bin'}{os.pathsep}{NODE / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "DLHELPERS_"))}
    own = {"CLASS_FOLDER": folder, "CLASS_PASSWORD": password, "CLASS_PORT": port, "CLASS_MARK": mark, "PATH": path}
    everything = {**kept, **environment, **{key: str(value) for key, value in own.items()}}
    command = ["timeout", "--kill-after=60", f"{seconds:.0f}", VENV / "bin" / "jupyterhub", "-f", CONFIG]
    if shutil.which("setpriv"):  # then the hub also ends when this program is killed
        command = ["setpriv", "--pdeathsig", "TERM", *command]
    hub = Hub(url, password, mark)
    with open(folder / "hub.log", "w") as log:
        started = subprocess.Popen(
            command, cwd=folder, env=everything, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait_for(f"{url}/hub/api", started, folder / "hub.log")
            yield hub
        finally:
            _end(started, hub)


def _wait_for(url: str, started: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and started.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url, timeout=5, trust_env=False).is_success:
                return
        time.sleep(0.3)
    raise SystemExit(f"JupyterHub did not start\n{log.read_text()[-3000:]}")


def _end(started: subprocess.Popen, hub: Hub) -> None:
    started.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        started.wait(60)
    left = list(hub.processes())
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=20)
    started.wait(60)


# --- memory and processors -------------------------------------------------------------


@dataclass(frozen=True)
class Usage:
    """Bytes by owner, pages that several processes share divided among them, and processor seconds in all."""

    bytes: Mapping[str, int]
    processor: float

    def students(self) -> list[int]:
        """Return the bytes of each student's server and kernel."""
        return [size for owner, size in self.bytes.items() if owner not in ("hub", "proxy")]


def usage(hub: Hub) -> Usage:
    """Return what the hub, its proxy and each student take now (PSS of /proc/PID/smaps_rollup)."""
    sizes: dict[str, int] = {}
    processor = 0.0
    for process, owner in hub.processes().items():
        with contextlib.suppress(psutil.Error):
            sizes[owner] = sizes.get(owner, 0) + process.memory_full_info().pss
            times = process.cpu_times()
            processor += times.user + times.system
    return Usage(sizes, processor)


def peaks(hub: Hub) -> dict[str, int]:
    """Return for each owner the most bytes that its processes have held since they began, each for itself."""
    most: dict[str, int] = {}
    for process, owner in hub.processes().items():
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            most[owner] = most.get(owner, 0) + sum(
                1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")
            )
    return most


# --- a student -------------------------------------------------------------------------


class Student:
    """Somebody who logs in by the form, starts a server and a kernel, and runs cells."""

    def __init__(self, hub: Hub, name: str):
        self.hub, self.name = hub, name
        self.web = httpx.AsyncClient(base_url=hub.url, timeout=ANSWER, trust_env=False, follow_redirects=True)
        self.socket: WebSocketClientConnection | None = None
        self.headers: dict[str, str] = {}
        self.session = uuid.uuid4().hex

    async def begin(self, notebook: str) -> float:
        """Log in, start server and kernel; return the seconds until the kernel has answered."""
        begin = time.perf_counter()
        await self._log_in()
        await self._start_server()
        await self._start_kernel(notebook)
        problem = await self._execute("")
        if problem:
            raise ClassError(f"the kernel did not start: {problem}")
        return time.perf_counter() - begin

    async def run(self, source: str) -> tuple[float, str]:
        """Run a cell; return the seconds until it is done, and what went wrong ("" if nothing)."""
        begin = time.perf_counter()
        try:
            problem = await asyncio.wait_for(self._execute(source), ANSWER)
        except asyncio.TimeoutError:
            problem = f"no answer within {ANSWER} s"
        return time.perf_counter() - begin, problem

    async def end(self) -> None:
        """Stop server and kernel, whatever state they are in."""
        if self.socket:
            self.socket.close()
        with contextlib.suppress(httpx.HTTPError, ClassError):
            await self._call("DELETE", f"/hub/api/users/{self.name}/server")
            await self._until(lambda user: not user["servers"] and not user["pending"])
        await self.web.aclose()

    async def _log_in(self) -> None:
        await self.web.get("/hub/login")
        form = {"username": self.name, "password": self.hub.password, "_xsrf": self._xsrf()}
        reply = await self.web.post("/hub/login?next=/hub/home", data=form)
        if not reply.is_success or reply.url.path != "/hub/home":
            raise ClassError(f"log-in: the hub answered {reply.status_code} at {reply.url.path}")
        self.headers = {"X-XSRFToken": self._xsrf()}
        made = await self._call("POST", f"/hub/api/users/{self.name}/tokens")
        self.headers = {"Authorization": f"token {made['token']}"}

    def _xsrf(self) -> str:
        return next((cookie.value for cookie in self.web.cookies.jar if cookie.name == "_xsrf"), "")

    async def _start_server(self) -> None:
        await self._call("POST", f"/hub/api/users/{self.name}/server")
        await self._until(lambda user: user["servers"].get("", {}).get("ready"))

    async def _until(self, done: Any) -> None:
        end = time.monotonic() + ANSWER
        while not done(await self._call("GET", f"/hub/api/users/{self.name}")):
            if time.monotonic() > end:
                raise ClassError(f"the server did not start or stop within {ANSWER} s")
            await asyncio.sleep(0.5)

    async def _start_kernel(self, notebook: str) -> None:
        what = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": "python3"}}
        made = await self._call("POST", f"/user/{self.name}/api/sessions", what)
        url = f"{self.hub.url}/user/{self.name}/api/kernels/{made['kernel']['id']}/channels"
        request = HTTPRequest(f"{url}?session_id={self.session}".replace("http", "ws", 1), headers=self.headers)
        self.socket = await asyncio.wait_for(websocket_connect(request, max_message_size=2**28), ANSWER)

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        reply = await self.web.request(method, path, json=body, headers=self.headers)
        if not reply.is_success:
            raise ClassError(f"{method} {path}: answered {reply.status_code} {reply.text[:200]}")
        return reply.json() if reply.content else None

    async def _execute(self, source: str) -> str:
        """Send the source; wait until the kernel has replied and is idle again; return the error, if any."""
        number = uuid.uuid4().hex
        header = {"msg_id": number, "msg_type": "execute_request", "version": "5.3"}
        header |= {"username": self.name, "session": self.session, "date": ""}
        content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}}
        content |= {"allow_stdin": False, "stop_on_error": True}
        message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
        await self.socket.write_message(json.dumps(message))
        problem, waiting = "", {"execute_reply", "idle"}
        while waiting:
            text = await self.socket.read_message()
            if text is None:
                raise ClassError("the connection to the kernel broke")
            received = json.loads(text)
            kind, content = received["header"]["msg_type"], received["content"]
            state = content.get("execution_state") if kind == "status" else None
            if state in ("restarting", "dead", "autorestarting"):
                raise ClassError("the kernel died")
            if received["parent_header"].get("msg_id") == number:
                waiting -= {kind, state}
                if kind == "execute_reply" and content["status"] != "ok":
                    problem = f"{content.get('ename', content['status'])}: {content.get('evalue', '')}"[:300]
        return problem
