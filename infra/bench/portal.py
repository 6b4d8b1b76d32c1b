"""The local runner, and a vendor of its own there: what a benchmark needs to give a function something to do."""

import contextlib
import json
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request

TERMS = {"signatory_name": "Li Lei", "signatory_title": "CEO"}


class Portal:
    """`local --ephemeral` on a port of its own, until the `with` block ends."""

    def __init__(self, runner):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.child = subprocess.Popen([runner, "--ephemeral", "--port", str(port)], stdout=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                self.call("GET", "/_local/clock")
                break
            if time.monotonic() > until or self.child.poll() is not None:
                raise SystemExit("the local runner does not start")
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait()

    def call(self, method, path, body=None, headers=None, status=None):
        """The answer's JSON. Any status below 400 is good unless one is named."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", **(headers or {})} if data else headers or {}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text, came = answer.read(), answer.status
        except urllib.error.HTTPError as error:
            text, came = error.read(), error.code
        if came >= 400 if status is None else came != status:
            raise SystemExit(f"{method} {path}: {came} {text.decode(errors='replace')}")
        return json.loads(text) if text[:1] in (b"{", b"[") else None

    def link(self, address):
        """The secret in the newest mail to an address."""
        mails = [mail for mail in self.call("GET", "/_local/mail") if mail["to"] == address]
        return mails[-1]["text"].split("token=", 1)[1].split()[0]

    def vendor(self):
        """A vendor with all steps done: `{"session": …, "token": …, "email": …}`."""
        email = f"bench-{secrets.token_hex(6)}@example.com"
        self.call("POST", "/v1/vendor/signup", {"email": email, "display_name": "Bench"})
        session = self.call("POST", "/v1/vendor/verify-email", {"token": self.link(email)})["session"]
        by = {"authorization": f"Session {session}"}
        terms = self.call("GET", "/v1/legal/terms")
        versions = {f"{name}_version": terms[name]["version"] for name in ("tos", "dpa")}
        self.call("POST", "/v1/vendor/terms/accept", {**versions, **TERMS}, by)
        page = self.call("POST", "/v1/vendor/payment/stripe/connect", headers=by)["redirect_url"]
        self.call("POST", "/_local/rails/stripe/complete", {"url": page})
        token = self.call("POST", "/v1/vendor/tokens", {}, by)["token"]
        return {"email": email, "session": session, "token": token}

    def register(self, token, device, key=None, user="11"):
        body = {"device_id": device, "user_omni": f"0x{user * 32}"}
        headers = {"authorization": f"Bearer {token}", "idempotency-key": key or device}
        return self.call("POST", "/v1/vendor/devices/register", body, headers)
