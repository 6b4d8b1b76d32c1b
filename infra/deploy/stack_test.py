#!/usr/bin/env python3
"""Deploys template.yaml, unchanged, to a local AWS on loopback and lets the demo's journey run against it.

The local AWS is the PyPI package ministack with AUTH=true: IAM is enforced inside the functions, which are the real
binaries. What it does not do like AWS is done here, and said where.

    stack_test.py --binaries FOLDER --runner BINARY

FOLDER holds the functions' binaries by name; BINARY is the local runner, whose `bridge` gives the stack the runner's
handles and Stripe's double, and whose `demo` is the journey.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile

import boto3

ROOT = pathlib.Path(__file__).resolve().parents[2]
STACK = "portal-test"
SECRET = "agentkeys/portal/test/stripe"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(url, what, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(url, timeout=2).read()
        time.sleep(0.1)
    sys.exit(f"{what} does not answer at {url}")


def tool(name):
    return str(pathlib.Path(sys.executable).parent / name)


def start(command, log, **environment):
    return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **environment}, start_new_session=True)


def start_aws(folder, log, started):
    port = free_port()
    gateway = f"http://127.0.0.1:{port}"
    settings = dict(AUTH="true", BIND_HOST="127.0.0.1", GATEWAY_PORT=str(port), AWS_ENDPOINT_URL=gateway,
                    IOT_MTLS_ENABLED="0", SFTP_ENABLED="0", TMPDIR=folder)
    started.append(start([tool("ministack")], log, **settings))
    wait_for(f"{gateway}/_ministack/health", "the local AWS")
    return gateway


def stop(process):
    for signum in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signum)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
            return


def zip_up(binaries, functions, into):
    for name in functions:
        folder = into / "target" / "lambda" / name
        folder.mkdir(parents=True)
        with zipfile.ZipFile(folder / "bootstrap.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (pathlib.Path(binaries) / name).read_bytes())


def deploy(folder, portal, gateway):
    boto3.client("s3").create_bucket(Bucket="artifacts")
    keys = {"secret_key": "sk_test_local", "webhook_secrets": "whsec_local"}
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps(keys))
    parameters = {
        "Architecture": "x86_64" if os.uname().machine == "x86_64" else "arm64",
        "PortalUrl": portal, "MailDomain": "portal.test.agentkeys.example", "StripeSecretName": SECRET,
        "StripeLivemode": "false", "StripeApiBase": f"{portal}/stripe/", "DeletionProtection": "false",
    }
    packaged = folder / "packaged.yaml"
    aws = [sys.executable, tool("aws"), "cloudformation"]
    subprocess.run([*aws, "package", "--template-file", folder / "template.yaml", "--s3-bucket", "artifacts",
                    "--output-template-file", packaged], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run([*aws, "deploy", "--template-file", packaged, "--stack-name", STACK, "--s3-bucket", "artifacts",
                    "--capabilities", "CAPABILITY_IAM", "--parameter-overrides",
                    *[f"{name}={value}" for name, value in parameters.items()]], check=True)
    stack = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def make_up_for_the_local_aws(outputs, ledger):
    """What AWS makes of the template by itself."""
    # The routes of an HTTP API come from its OpenAPI body, which the local AWS does not import.
    api, functions = boto3.client("apigatewayv2"), boto3.client("lambda")
    for name, function in ledger.items():
        routes = [route for route in function["routes"] if tuple(route) != ("POST", "/webhooks/stripe")]
        if not routes:
            continue
        arn = functions.get_function(FunctionName=f"{STACK}-{name}")["Configuration"]["FunctionArn"]
        integration = api.create_integration(ApiId=outputs["ApiId"], IntegrationType="AWS_PROXY", IntegrationUri=arn,
                                             PayloadFormatVersion="2.0")["IntegrationId"]
        for method, path in routes:
            api.create_route(ApiId=outputs["ApiId"], RouteKey=f"{method} {path}", Target=f"integrations/{integration}")
    # It asks for SendRawEmail on all resources, where AWS asks for the identity that the template names.
    role = boto3.client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId="StreamWorkRole")
    policy = {"Version": "2012-10-17",
              "Statement": [{"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}]}
    boto3.client("iam").put_role_policy(RoleName=role["StackResourceDetail"]["PhysicalResourceId"],
                                        PolicyName="LocalMail", PolicyDocument=json.dumps(policy))


def complain(ledger):
    """The functions' errors, for who has to find out."""
    logs = boto3.client("logs")
    for name in ledger:
        with contextlib.suppress(Exception):
            for event in logs.filter_log_events(logGroupName=f"/aws/lambda/{STACK}-{name}")["events"]:
                if "ERROR" in event["message"] or "panic" in event["message"]:
                    print(f"{name}: {event['message'].strip()[:600]}", file=sys.stderr)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binaries", required=True)
    arguments.add_argument("--runner", required=True)
    arguments = arguments.parse_args()
    ledger = json.loads(subprocess.check_output([sys.executable, ROOT / "infra/deploy/check_template.py"]))["functions"]
    started, folder = [], pathlib.Path(tempfile.mkdtemp(prefix="portal-stack-"))
    log = open(folder / "log", "wb")
    try:
        for name in ["template.yaml", "infra/deploy"]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        zip_up(arguments.binaries, ledger, folder)
        gateway = start_aws(str(folder), log, started)
        os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1",
                          AWS_ENDPOINT_URL=gateway, AWS_PAGER="")
        port = free_port()
        outputs = deploy(folder, f"http://127.0.0.1:{port}", gateway)
        make_up_for_the_local_aws(outputs, ledger)
        bridge = [arguments.runner, "--port", str(port), "bridge", "--gateway", gateway,
                  "--api-host", f"{outputs['ApiId']}.execute-api.localhost",
                  "--webhook-host", outputs["StripeWebhookUrl"].split("/")[2]]
        started.append(start(bridge, log))
        wait_for(f"http://127.0.0.1:{port}/_local/clock", "the bridge")
        journey = subprocess.run([arguments.runner, "--port", str(port), "demo"])
        if journey.returncode != 0:
            complain(ledger)
            print((folder / "log").read_text(errors="replace")[-4000:], file=sys.stderr)
            sys.exit("the journey does not hold on the deployed stack")
        print(f"{len(ledger)} functions deployed, and the whole journey held on them")
    finally:
        for process in started:
            stop(process)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
