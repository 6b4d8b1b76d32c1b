#!/usr/bin/env python3
"""`cargo xtask smoke`: what can be tried on a real stack without a mailbox and without Stripe.

    smoke.py --stack NAME [--region REGION] [--url URL] [--webhook-url URL] [--endpoint-url URL]

Public pages answer, K1 answers, a sign-up is taken, refusals have their form, and an unsigned notification is refused. The
address that signs up is SES's mailbox simulator, which takes every mail and bothers nobody; it leaves one vendor behind,
the same one each time.
"""

import argparse
import json
import sys
import urllib.error
import urllib.request

SIMULATOR = "success+portal-smoke@simulator.amazonses.com"


def outputs(stack):
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


class Smoke:
    def __init__(self, url, webhook):
        self.url, self.webhook, self.failed = url, webhook, 0

    def call(self, method, url, body=None, headers=None):
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = {"content-type": "application/json"} if data else {}
        request = urllib.request.Request(url, data, {**kind, **(headers or {})}, method=method)
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        text = answer.read().decode(errors="replace")
        try:
            return answer.status, answer.headers, json.loads(text)
        except ValueError:
            return answer.status, answer.headers, text

    def holds(self, what, is_so, found):
        self.failed += not is_so
        print(f"{'ok    ' if is_so else 'FAILED'}  {what}" + ("" if is_so else f": {found}"))

    def answers(self, what, method, path, expected, test=lambda body: True, body=None, headers=None):
        try:
            status, heads, found = self.call(method, path if "://" in path else self.url + path, body, headers)
        except OSError as error:
            self.holds(what, False, error)
            return
        named = "x-request-id" in heads and heads.get("x-content-type-options") == "nosniff"
        try:
            is_so = status == expected and named and test(found)
        except (KeyError, TypeError, IndexError, AttributeError):
            is_so = False
        self.holds(what, is_so, f"{status} {json.dumps(found)[:300]}" + ("" if named else " without our headers"))

    def refuses(self, what, method, path, status, code, **call):
        def is_problem(body):
            return body["code"] == code and body["status"] == status and body["type"].endswith(code) and body["request_id"]

        self.answers(what, method, path, status, is_problem, **call)

    def run(self):
        self.answers("the terms in force are named", "GET", "/v1/legal/terms", 200,
                     lambda body: body["tos"]["version"] and body["dpa"]["version"])
        self.answers("K1's public key is published", "GET", "/.well-known/jwks.json", 200,
                     lambda body: all(key["alg"] == "ES256" and key["kid"] for key in body["keys"]) and body["keys"])
        self.answers("the contract is there", "GET", "/openapi.json", 200,
                     lambda body: "/v1/vendor/devices/register" in body["paths"])
        self.answers("so is the explorer", "GET", "/docs", 200, lambda page: "<html" in page)
        profile = {"email": SIMULATOR, "display_name": "Smoke journey"}
        self.answers("a sign-up is taken", "POST", "/v1/vendor/signup", 202,
                     lambda body: body == {"status": "verification_sent"}, body=profile)
        self.refuses("a sign-up without an address is refused", "POST", "/v1/vendor/signup", 400, "invalid_request", body={})
        self.refuses("a body that is no JSON is refused", "POST", "/v1/vendor/signup", 400, "invalid_request", body=b"{")
        self.refuses("nobody sees a vendor without a credential", "GET", "/v1/vendor", 401, "unauthenticated")
        device = {"device_id": "SMOKE-1", "user_omni": "0x" + "11" * 32}
        forged = {"authorization": "Bearer e30.e30.e30", "idempotency-key": "smoke"}
        self.refuses("a forged token registers no device", "POST", "/v1/vendor/devices/register", 401, "unauthenticated",
                     body=device, headers=forged)
        self.refuses("an unsigned notification is refused", "POST", self.webhook, 401, "unauthenticated",
                     body={"id": "evt_smoke", "object": "event"})
        print("the smoke journey holds" if not self.failed else f"{self.failed} steps of the smoke journey failed")
        return 1 if self.failed else 0


def run(found, url=None, webhook=None):
    """Runs it against a stack's outputs; 0 when everything held."""
    return Smoke((url or found["PortalUrl"]).rstrip("/"), webhook or found["StripeWebhookUrl"]).run()


def main():
    import boto3

    parser = argparse.ArgumentParser(prog="cargo xtask smoke")
    parser.add_argument("--stack", required=True)
    parser.add_argument("--region")
    parser.add_argument("--url", help="where the API is, if not at PortalUrl (before DNS stands: the output ApiUrl)")
    parser.add_argument("--webhook-url", help="where the Stripe webhook is, if not at StripeWebhookUrl")
    parser.add_argument("--endpoint-url", help="where AWS is, if not in the cloud")
    given = parser.parse_args()
    client = boto3.session.Session(region_name=given.region).client("cloudformation", endpoint_url=given.endpoint_url)
    stack = client.describe_stacks(StackName=given.stack)["Stacks"][0]
    sys.exit(run(outputs(stack), given.url, given.webhook_url))


if __name__ == "__main__":
    main()
