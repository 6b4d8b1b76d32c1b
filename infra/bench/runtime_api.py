"""Lambda's Runtime API for one process: starts a binary, hands it invocations, and reads what it used from /proc.

Nothing here is a clock: CPU time is what the kernel accounts to the process's threads, and that is what Lambda bills and
what a busy machine changes least.
"""

import contextlib
import os
import socket
import subprocess
import tempfile
from dataclasses import dataclass

# What Lambda puts into every function's environment. Credentials of nobody.
ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "bench", "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "AWS_LAMBDA_LOG_GROUP_NAME": "bench", "AWS_LAMBDA_LOG_STREAM_NAME": "bench", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench",
    "LAMBDA_TASK_ROOT": "/var/task", "PATH": "/usr/bin", "HOME": "/tmp", "TZ": ":UTC",
}
HEAD = (
    "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: {id}\r\nLambda-Runtime-Deadline-Ms: 9999999999999\r\n"
    "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:bench\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)
SECONDS = 20


@dataclass
class Usage:
    """What a process has used since it was started."""

    cpu: float  # milliseconds of all its threads
    faults: int  # minor page faults
    threads: int
    resident: float  # MB, as `ps` counts them: 1024 × 1024 bytes


class Process:
    """A function's binary with a Runtime API of its own. Ends with the `with` block."""

    def __init__(self, binary, environment):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(SECONDS)
        runtime = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.errors = tempfile.TemporaryFile()
        self.child = subprocess.Popen(
            [binary], env={**ENVIRONMENT, **environment, "AWS_LAMBDA_RUNTIME_API": runtime},
            stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors)
        self.invocations = 0
        self.waiting = None  # the connection on which it asked for its next invocation
        self.connections = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        for connection in [self.listener, *(stream.connection for stream in self.connections)]:
            connection.close()
        self.errors.close()

    def usage(self):
        proc = f"/proc/{self.child.pid}"
        tasks = os.listdir(f"{proc}/task")
        # Nanoseconds on a processor, where /proc/…/stat counts hundredths of a second.
        cpu = sum(int(read(f"{proc}/task/{task}/schedstat").split()[0]) for task in tasks) / 1e6
        faults = int(read(f"{proc}/stat").rsplit(")", 1)[1].split()[7])
        pages = int(read(f"{proc}/statm").split()[1])
        return Usage(cpu, faults, len(tasks), pages * os.sysconf("SC_PAGESIZE") / 2**20)

    def ready(self):
        """Waits until it asks for an invocation, and tells what it has used by then."""
        while self.waiting is None:
            stream = self.turn()
            if stream.path.endswith("/invocation/next"):
                self.waiting = stream
            else:
                stream.connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        return self.usage()

    def invoke(self, event):
        """Hands it an event (bytes), and answers with what it responded (bytes) once it asks for the next."""
        self.ready()
        self.invocations += 1
        head = HEAD.format(id=f"00000000-0000-4000-8000-{self.invocations:012}", length=len(event))
        stream, self.waiting = self.waiting, None
        stream.connection.sendall(head.encode() + event)
        stream = self.turn()
        if not stream.path.endswith("/response"):
            raise RuntimeError(f"{stream.path}: {stream.body.decode(errors='replace')}")
        stream.connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        response = stream.body
        self.ready()
        return response

    def turn(self):
        """The next request of the process, on whichever connection it comes: the SDK's client may open a second."""
        with contextlib.suppress(ConnectionError, IndexError):
            for stream in self.connections[-1:]:
                return stream.next()
        try:
            connection, _ = self.listener.accept()
        except TimeoutError:
            self.errors.seek(0)
            said = self.errors.read()[-2000:].decode(errors="replace")
            raise RuntimeError(f"it asked for no invocation within {SECONDS} s, and said: {said}") from None
        connection.settimeout(SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections.append(Stream(connection))
        return self.connections[-1].next()


class Stream:
    """Requests that come one after the other on a connection."""

    def __init__(self, connection):
        self.connection, self.file = connection, connection.makefile("rb")

    def next(self):
        self.path = self.file.readline().decode().split(" ")[1]
        length, chunked = 0, False
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode().partition(":")
            length = int(value) if name.lower() == "content-length" else length
            chunked |= name.lower() == "transfer-encoding" and "chunked" in value
        self.body = self.chunks() if chunked else self.file.read(length)
        return self

    def chunks(self):
        body = b""
        while size := int(self.file.readline().split(b";")[0], 16):
            body += self.file.read(size)
            self.file.readline()
        self.file.readline()
        return body


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()
