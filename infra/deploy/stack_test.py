#!/usr/bin/env python3
"""Deploys template.yaml, unchanged, by `cargo xtask deploy` to a local AWS on loopback, and lets journeys run against it.

The local AWS is the PyPI package ministack with AUTH=true: IAM is enforced inside the functions, which are the real
binaries. What it does not do like AWS is done here, and said where.

    stack_test.py --binaries FOLDER --runner BINARY --xtask BINARY --tests BINARY

FOLDER holds the functions' binaries by name. The runner's `bridge` gives the stack the runner's handles and Stripe's double,
and its `demo` is the first journey; the tests' binary has the others. What is told before a deployment begins, what a missing
grant looks like, and what queues are handed is tried here.
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

import boto3

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "infra/bench"))

import stack_checks
import zips
from portal import Portal

HERE = "x86_64" if os.uname().machine == "x86_64" else "arm64"
STACK = "portal-test"
SECRET = "agentkeys/portal/test/stripe"
# Of the tests of receipts, those that move no clock.
RECEIPTS = ["proofs::receipt::a_stock_library", "proofs::receipt::it_is_what", "proofs::receipt::forgeries"]


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
        zips.write(pathlib.Path(binaries) / name, into / name / "bootstrap.zip", level=1)


def task(xtask, name, *arguments, stack=STACK):
    """`cargo xtask <name>` with these arguments, at the local AWS: how it ended, and what it said."""
    command = [xtask, name, "--stack", stack, "--endpoint-url", os.environ["AWS_ENDPOINT_URL"], *arguments]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def deployment(folder, portal):
    """The arguments of a deployment that is right."""
    parameters = {
        "Architecture": HERE, "PortalUrl": portal, "MailDomain": "portal.test.agentkeys.example", "StripeSecretName": SECRET,
        "StripeLivemode": "false", "StripeApiBase": f"{portal}/stripe/", "DeletionProtection": "false",
    }
    chosen = [word for name, value in parameters.items() for word in ("--parameter", f"{name}={value}")]
    return ["--stage", "dev", "--bucket", "artifacts", "--zips", str(folder), "--no-smoke", "--yes", *chosen]


def refused(xtask, right, *more, stack=STACK, because):
    """A deployment that must not begin, and the sentences that say why."""
    code, said = task(xtask, "deploy", *right, *more, stack=stack)
    missing = [sentence for sentence in because if sentence not in said]
    assert code != 0 and "nothing was changed" in said and not missing, f"{missing} not in:\n{said}"


def told_before_anything_changes(xtask, right, folder):
    """What an operator gets wrong is said in sentences, all at once, and no stack begins."""
    refused(xtask, right, "--zips", str(folder / "nowhere"), "--bucket", "not-made", because=[
        f"the secret {SECRET} (StripeSecretName) can't be read", "cargo xtask build --arch", "aws s3 mb s3://not-made"])
    keys = {"secret_key": "sk_test_local", "webhook_secrets": "whsec_local"}
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps(keys))
    other = "arm64" if HERE == "x86_64" else "x86_64"
    wrong = [f"Architecture={other}", "ApiRate=many", "PortalURL=x", "StripeLivemode=true", "HostedZoneId=Z0123456789"]
    refused(xtask, right, *(word for one in wrong for word in ("--parameter", one)), because=[
        f"is for {HERE}, and the parameter Architecture is {other}", "ApiRate is 'many'", "PortalURL is no parameter",
        "no key of Stripe's live mode", "CertificateArn is missing"])
    formation = boto3.client("cloudformation")
    assert not formation.describe_stacks()["Stacks"], "a refused deployment left a stack"
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}}
    formation.create_stack(StackName="wrong-key", TemplateBody=json.dumps({"Resources": {"K1": key}}))
    formation.get_waiter("stack_create_complete").wait(StackName="wrong-key", WaiterConfig={"Delay": 1})
    refused(xtask, right, stack="wrong-key", because=[
        "K1 is a key of RSA_2048 for SIGN_VERIFY", "is no identity of SES in this region any more"])
    formation.delete_stack(StackName="wrong-key")


def deploy(xtask, right):
    code, said = task(xtask, "deploy", *right)
    print(said)
    if code != 0:
        sys.exit("cargo xtask deploy did not deploy")
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


def journeys(arguments, portal, url, outputs):
    """Everything that is tried on the stack, in the order in which a fault is easiest to understand."""
    code, said = task(arguments.xtask, "smoke", "--url", url, "--webhook-url", f"{url}/webhooks/stripe")
    print(said)
    assert code == 0, "the smoke journey does not hold on the deployed stack"
    subprocess.run([arguments.runner, "--port", url.rsplit(":", 1)[1], "demo"], check=True)
    stack_checks.all_of(portal, STACK, outputs)
    subprocess.run([arguments.tests, "journeys::", *RECEIPTS, "--test-threads", "2"], check=True,
                   env={**os.environ, "PORTAL_BASE_URL": url})


def main():
    arguments = argparse.ArgumentParser()
    for name in ("binaries", "runner", "xtask", "tests"):
        arguments.add_argument(f"--{name}", required=True)
    arguments = arguments.parse_args()
    ledger = json.loads(subprocess.check_output([sys.executable, ROOT / "infra/deploy/check_template.py"]))["functions"]
    started, folder = [], pathlib.Path(tempfile.mkdtemp(prefix="portal-stack-"))
    log = open(folder / "log", "wb")
    try:
        zip_up(arguments.binaries, ledger, folder / "zips")
        gateway = start_aws(str(folder), log, started)
        os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1",
                          AWS_ENDPOINT_URL=gateway, AWS_PAGER="")
        boto3.client("s3").create_bucket(Bucket="artifacts")
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        right = deployment(folder / "zips", url)
        told_before_anything_changes(arguments.xtask, right, folder)
        outputs = deploy(arguments.xtask, right)
        make_up_for_the_local_aws(outputs, ledger)
        bridge = [arguments.runner, "--port", str(port), "bridge", "--gateway", gateway,
                  "--api-host", f"{outputs['ApiId']}.execute-api.localhost",
                  "--webhook-host", outputs["StripeWebhookUrl"].split("/")[2]]
        started.append(start(bridge, log))
        wait_for(f"{url}/_local/clock", "the bridge")
        try:
            journeys(arguments, Portal(url), url, outputs)
        except BaseException:
            complain(ledger)
            print((folder / "log").read_text(errors="replace")[-4000:], file=sys.stderr)
            raise
        print(f"{len(ledger)} functions deployed, and every journey held on them")
    finally:
        for process in started:
            stop(process)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
