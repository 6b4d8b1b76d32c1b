"""A portal over HTTP, and a vendor of its own there. `Runner` is the local runner, started for the purpose."""

import contextlib
import json
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request

SIGNATORY = {"signatory_name": "Li Lei", "signatory_title": "CEO"}


class Portal:
    def __init__(self, url):
        self.url = url

    def ask(self, method, path, body=None, headers=None):
        """Status and JSON of an answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", **(headers or {})} if data else headers or {}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            text = answer.read()
        return answer.status, json.loads(text) if text[:1] in (b"{", b"[") else None

    def call(self, method, path, body=None, headers=None):
        """The JSON of an answer that must be good."""
        status, answer = self.ask(method, path, body, headers)
        if status >= 400:
            raise SystemExit(f"{method} {path}: {status} {answer}")
        return answer

    def link(self, address):
        """The secret in the newest mail to an address."""

        def newest():
            mails = [mail for mail in self.call("GET", "/_local/mail") if mail["to"] == address]
            return mails and mails[-1]["text"].split("token=", 1)[1].split()[0]

        return eventually(f"a mail to {address}", newest)

    def vendor(self):
        """A vendor with all steps done: `{"session": …, "token": …, "email": …}`."""
        email = f"bench-{secrets.token_hex(6)}@example.com"
        self.call("POST", "/v1/vendor/signup", {"email": email, "display_name": "Bench"})
        session = self.call("POST", "/v1/vendor/verify-email", {"token": self.link(email)})["session"]
        by = {"authorization": f"Session {session}"}
        terms = self.call("GET", "/v1/legal/terms")
        versions = {f"{name}_version": terms[name]["version"] for name in ("tos", "dpa")}
        self.call("POST", "/v1/vendor/terms/accept", {**versions, **SIGNATORY}, by)
        page = self.call("POST", "/v1/vendor/payment/stripe/connect", headers=by)["redirect_url"]
        self.call("POST", "/_local/rails/stripe/complete", {"url": page})
        payment = lambda: self.call("GET", "/v1/vendor/payment", headers=by)["status"] == "connected"
        eventually("the connection of the rail", payment)
        token = self.call("POST", "/v1/vendor/tokens", {}, by)["token"]
        return {"email": email, "session": session, "token": token}

    def register(self, token, device, key=None):
        headers = {"authorization": f"Bearer {token}", "idempotency-key": key or device}
        return self.call("POST", "/v1/vendor/devices/register", {"device_id": device, "user_omni": f"0x{'11' * 32}"}, headers)


class Runner(Portal):
    """`local --ephemeral` on a port of its own, until the `with` block ends."""

    def __init__(self, binary):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        super().__init__(f"http://127.0.0.1:{port}")
        self.child = subprocess.Popen([binary, "--ephemeral", "--port", str(port)], stdout=subprocess.DEVNULL)

        def answers():
            with contextlib.suppress(OSError):
                return self.call("GET", "/_local/clock")

        eventually("the local runner", answers)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait()


def eventually(what, look, seconds=60):
    """What `look` finds, once it finds something."""
    until = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > until:
            raise SystemExit(f"{what} did not come within {seconds} s")
        time.sleep(0.05)
    return found
