#!/usr/bin/env python3
"""Starts functions as Lambda does, beside a hello-world Lambda, and holds what they use to the limits.

    cold_start.py --binaries FOLDER --hello BINARY --runner BINARY [function…]

FOLDER holds `<function>/bootstrap` and `<function>/bootstrap.zip`. Each binary and the hello world are started in turn, as
often as `--starts` says, so that what disturbs one disturbs the other; the medians are compared. What a function does is
asked of a local runner, whose doubles of AWS the function calls with the real SDK. Exits with 1 if a limit is broken.
"""

import argparse
import json
import pathlib
import statistics
import sys

from portal import Runner
from runtime_api import Process

REGISTER = "devices-register"
# Limits: CPU and page faults until the first /next as ratios to the hello world, MB, and milliseconds of CPU.
FAULTS, RESIDENT, FIRST, WARM = 1.6, 5.5, 1.5, 1.0
WARM_INVOCATIONS = 200


def init_limit(function):
    return 1.3 if function == REGISTER else 1.6


def zip_limit(function):
    return 2.6 if function == REGISTER else 4.0


def http_event(method, path, headers=None, body=None):
    """What an HTTP API hands over, in payload format 2.0."""
    headers = {"host": "portal.example", "content-type": "application/json", **(headers or {})}
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "bench"}
    context = {"accountId": "0", "apiId": "a", "domainName": "d", "domainPrefix": "p", "http": http, "requestId": "r",
               "routeKey": "$default", "stage": "$default", "time": "24/Nov/2026:12:00:00 +0000", "timeEpoch": 1795521600000}
    event = {"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": headers,
             "requestContext": context, "isBase64Encoded": False}
    if body is not None:
        event["body"] = json.dumps(body)
    return json.dumps(event).encode()


class Bench:
    def __init__(self, arguments, portal):
        self.folder, self.hello, self.starts = pathlib.Path(arguments.binaries), arguments.hello, arguments.starts
        self.portal, self.vendor, self.devices = portal, portal.vendor(), 0

    def event(self, function, described):
        """Something for it to do: a registration; else its route, called by the vendor's person with an empty body; for
        a job an empty batch."""
        if function == REGISTER:
            self.devices += 1
            body = {"device_id": f"BENCH-{self.devices}", "user_omni": "0x" + "11" * 32}
            headers = {"authorization": f"Bearer {self.vendor['token']}", "idempotency-key": f"bench-{self.devices}"}
            return http_event("POST", "/v1/vendor/devices/register", headers, body)
        if not described["routes"]:
            return b'{"Records": []}'
        method, path = described["routes"][0]
        headers = {"authorization": f"Session {self.vendor['session']}"}
        return http_event(method, path.replace("{", "").replace("}", ""), headers, None if method == "GET" else {})

    def start(self, function):
        """One cold start: what it used until the first /next, and in its first and second invocation."""
        described = self.portal.call("GET", f"/_local/functions/{function}")
        with Process(self.folder / function / "bootstrap", described["environment"]) as process:
            init, used = process.ready(), []
            for _ in range(2):
                before = process.usage().cpu
                process.invoke(self.event(function, described))
                used.append(process.usage().cpu - before)
            return init, used

    def start_hello(self):
        with Process(self.hello, {}) as process:
            return process.ready()

    def warm(self, function):
        """CPU of an invocation once warm, in milliseconds: the median of many, each with something new to do."""
        described = self.portal.call("GET", f"/_local/functions/{function}")
        used = []
        with Process(self.folder / function / "bootstrap", described["environment"]) as process:
            for number in range(WARM_INVOCATIONS + 20):
                event = self.event(function, described)
                before = process.ready().cpu
                answer = json.loads(process.invoke(event))
                if function == REGISTER and answer["statusCode"] != 201:
                    raise SystemExit(f"a registration was answered {answer}")
                if number >= 20:
                    used.append(process.usage().cpu - before)
        return statistics.median(used)

    def measure(self, function):
        pairs = [(self.start_hello(), self.start(function)) for _ in range(self.starts)]
        middle = statistics.median
        hello = {what: middle(getattr(hello, what) for hello, _ in pairs) for what in ("cpu", "faults")}
        inits = [init for _, (init, _) in pairs]
        return {
            "init": (middle(init.cpu for init in inits) / hello["cpu"], init_limit(function)),
            "init ms": middle(init.cpu for init in inits), "hello ms": hello["cpu"],
            "faults": (middle(init.faults for init in inits) / hello["faults"], FAULTS),
            "threads": (max(init.threads for init in inits), 1),
            "resident": (middle(init.resident for init in inits), RESIDENT),
            "first": (middle(first - warm for _, (_, (first, warm)) in pairs), FIRST),
            "warm": (self.warm(function), WARM if function == REGISTER else None),
            "zip": ((self.folder / function / "bootstrap.zip").stat().st_size / 1e6, zip_limit(function)),
        }


COLUMNS = [("init", "init ÷ hello"), ("faults", "faults ÷ hello"), ("threads", "threads"), ("resident", "RSS MB"),
           ("first", "first − warm ms"), ("warm", "warm ms"), ("zip", "zip MB")]


def cell(value):
    measured, limit = value
    shown = f"{measured:.2f}" if isinstance(measured, float) else str(measured)
    if limit is None:
        return shown
    return f"{shown} ≤ {limit}" if measured <= limit else f"{shown} > {limit} !"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binaries", required=True)
    arguments.add_argument("--hello", required=True)
    arguments.add_argument("--runner", required=True)
    arguments.add_argument("--starts", type=int, default=31)
    arguments.add_argument("functions", nargs="+")
    arguments = arguments.parse_args()
    broken = 0
    print(f"{'function':<22}{'init ms':>9}{'hello ms':>9}" + "".join(f"{title:>18}" for _, title in COLUMNS))
    with Runner(arguments.runner) as portal:
        bench = Bench(arguments, portal)
        for function in arguments.functions:
            row = bench.measure(function)
            broken += sum(limit is not None and measured > limit for measured, limit in (row[key] for key, _ in COLUMNS))
            print(f"{function:<22}{row['init ms']:>9.2f}{row['hello ms']:>9.2f}"
                  + "".join(f"{cell(row[key]):>18}" for key, _ in COLUMNS), flush=True)
    print(f"{len(arguments.functions)} functions, {arguments.starts} starts each: "
          + ("every limit holds" if not broken else f"{broken} limits broken"))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
