#!/usr/bin/env python3
"""`cargo xtask deploy`: checks, packages, shows the change set, asks, deploys, and lets the smoke journey run.

    deploy.py --stack NAME [--stage dev|prod] [--bucket BUCKET] [--region REGION] [--parameter NAME=VALUE]…
              [--zips FOLDER] [--release KEY] [--yes] [--no-smoke] [--unverified-sender] [--endpoint-url URL]

A stage is infra/deploy/<stage>.json; --parameter goes before it. Packages go to the bucket, and the packaged template is
kept there as releases/<stack>/<digest>.yaml: --release deploys such a one again, which is how to roll back.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

import check_template
import checks
import smoke

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(prog="cargo xtask deploy")
    parser.add_argument("--stack", required=True, help="the stack's name, at most 40 characters")
    parser.add_argument("--stage", default="dev", choices=["dev", "prod"], help="whose parameters: infra/deploy/<stage>.json")
    parser.add_argument("--bucket", help="where packages go; agentkeys-portal-<account>-<region> if not given")
    parser.add_argument("--region", help="the AWS region; the environment's if not given")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="goes before the stage's")
    parser.add_argument("--zips", type=pathlib.Path, default=ROOT / "target" / "lambda", help="<function>/bootstrap.zip")
    parser.add_argument("--release", metavar="KEY", help="deploy this packaged template of the bucket once more")
    parser.add_argument("--yes", action="store_true", help="deploy without asking")
    parser.add_argument("--no-smoke", action="store_true", help="leave the smoke journey out")
    parser.add_argument("--unverified-sender", action="store_true", help="go on although SES has not verified the sender")
    parser.add_argument("--endpoint-url", help="where AWS is, if not in the cloud")
    return parser.parse_args()


class Deployment:
    def __init__(self, given):
        self.given = given
        self.session = boto3.session.Session(region_name=given.region)
        self.parameters = dict(one.split("=", 1) for one in json.loads((ROOT / f"infra/deploy/{given.stage}.json").read_text()))
        self.parameters |= dict(one.split("=", 1) for one in given.parameter)
        self.template = check_template.load(ROOT / "template.yaml")
        self.declared = self.template["Parameters"]

    def aws(self, service):
        return self.session.client(service, endpoint_url=self.given.endpoint_url)

    def functions(self):
        found = self.template["Resources"].values()
        uris = (one["Properties"]["CodeUri"] for one in found if one["Type"] == "AWS::Serverless::Function")
        return sorted(pathlib.PurePath(uri).parent.name for uri in uris)

    def stack(self):
        try:
            return self.aws("cloudformation").describe_stacks(StackName=self.given.stack)["Stacks"][0]
        except ClientError as error:
            if checks.code(error) == "ValidationError":
                return None
            raise

    def who(self):
        """The account, or a sentence on why there is none."""
        if not self.session.region_name:
            return None, "no region is set; give --region, or set AWS_REGION"
        try:
            return self.aws("sts").get_caller_identity()["Account"], None
        except (ClientError, BotoCoreError) as error:
            return None, f"AWS does not know who is asking: {error}"

    def check(self):
        """Every sentence that can be said before anything changes."""
        given, local = self.given, self.given.endpoint_url is not None
        yield from checks.of_parameters(self.declared, self.parameters, local)
        yield from checks.of_rules(self.parameters)
        if len(given.stack) > 40:
            yield f"the stack's name has {len(given.stack)} characters; its functions' names leave room for 40"
        if not given.release:
            architecture = self.parameters.get("Architecture", self.declared["Architecture"]["Default"])
            yield from checks.of_zips(given.zips, self.functions(), architecture)
        account, fault = self.who()
        if fault:
            yield fault
            return
        given.bucket = given.bucket or f"agentkeys-portal-{account}-{self.session.region_name}"
        try:
            self.aws("s3").head_bucket(Bucket=given.bucket)
        except ClientError as error:
            yield f"the bucket {given.bucket} can't be used ({checks.code(error)}); make it with: aws s3 mb s3://{given.bucket}"
        stack = self.stack()
        exists = bool(stack) and stack["StackStatus"] not in ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")
        yield from checks.of_stack(stack)
        yield from checks.of_secret(self.aws, self.parameters)
        yield from checks.of_certificate(self.aws, self.parameters, self.session.region_name)
        yield from checks.of_k1(self.aws, given.stack, exists)
        for sentence in checks.of_sender(self.aws, self.parameters, exists):
            yield f"note: {sentence}" if given.unverified_sender and not sentence.startswith("note: ") else sentence

    def package(self):
        """The template with its zips and nested templates in the bucket."""
        given = self.given
        if given.release:
            return self.aws("s3").get_object(Bucket=given.bucket, Key=given.release)["Body"].read().decode()
        with tempfile.TemporaryDirectory(prefix="portal-package-") as name:
            folder = pathlib.Path(name)
            shutil.copy(ROOT / "template.yaml", folder)
            shutil.copytree(ROOT / "infra/deploy", folder / "infra/deploy", ignore=shutil.ignore_patterns("__pycache__"))
            (folder / "target").mkdir()
            (folder / "target/lambda").symlink_to(given.zips.resolve())
            command = [sys.executable, pathlib.Path(sys.executable).with_name("aws"), "cloudformation", "package",
                       "--template-file", folder / "template.yaml", "--s3-bucket", given.bucket,
                       "--output-template-file", folder / "packaged.yaml"]
            endpoint = {"AWS_ENDPOINT_URL": given.endpoint_url} if given.endpoint_url else {}
            environment = {**os.environ, "AWS_DEFAULT_REGION": self.session.region_name, **endpoint}
            packaged = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if packaged.returncode != 0:
                sys.exit(f"the package could not be made:\n{packaged.stdout}")
            text = (folder / "packaged.yaml").read_text()
        key = f"releases/{given.stack}/{hashlib.sha256(text.encode()).hexdigest()[:12]}.yaml"
        self.aws("s3").put_object(Bucket=given.bucket, Key=key, Body=text.encode())
        print(f"packaged as s3://{given.bucket}/{key}; `--release {key}` deploys it once more")
        self.key = key
        return text

    def change_set(self, exists):
        """Makes the change set; None when nothing would change."""
        formation, given = self.aws("cloudformation"), self.given
        url = f"https://{given.bucket}.s3.{self.session.region_name}.amazonaws.com/{self.key}"
        if given.endpoint_url:
            url = f"{given.endpoint_url}/{given.bucket}/{self.key}"
        name = f"deploy-{now():%Y%m%d-%H%M%S}"
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        formation.create_change_set(
            StackName=given.stack, ChangeSetName=name, ChangeSetType="UPDATE" if exists else "CREATE", TemplateURL=url,
            Parameters=parameters, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
        which = {"StackName": given.stack, "ChangeSetName": name}
        try:
            formation.get_waiter("change_set_create_complete").wait(**which, WaiterConfig={"Delay": 2, "MaxAttempts": 300})
        except WaiterError:
            reason = formation.describe_change_set(**which).get("StatusReason", "")
            if "didn't contain changes" in reason or "No updates" in reason:
                formation.delete_change_set(**which)
                return None
            sys.exit(f"the change set could not be made: {reason}")
        return which

    def show(self, which):
        pages = self.aws("cloudformation").get_paginator("describe_change_set").paginate(**which)
        changes = [change["ResourceChange"] for page in pages for change in page.get("Changes", [])]
        print(f"\n{'change':<10}{'replaces':<13}{'type':<42}resource")
        for change in sorted(changes, key=lambda one: (one["Action"], one["ResourceType"], one["LogicalResourceId"])):
            replaces = {"True": "yes", "Conditional": "perhaps"}.get(change.get("Replacement"), "")
            print(f"{change['Action']:<10}{replaces:<13}{change['ResourceType']:<42}{change['LogicalResourceId']}")
        print(f"{len(changes)} changes to the stack {self.given.stack} in {self.session.region_name}")

    def execute(self, which, exists):
        formation = self.aws("cloudformation")
        begun = now()
        formation.execute_change_set(**which)
        waiter = formation.get_waiter("stack_update_complete" if exists else "stack_create_complete")
        try:
            waiter.wait(StackName=self.given.stack, WaiterConfig={"Delay": 3, "MaxAttempts": 1200})
        except WaiterError:
            for event in reversed(formation.describe_stack_events(StackName=self.given.stack)["StackEvents"]):
                if event["ResourceStatus"].endswith("FAILED") and event["Timestamp"] >= begun:
                    print(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}", file=sys.stderr)
            sys.exit(f"the stack is {self.stack()['StackStatus']}; what failed stands above")


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def confirmed():
    try:
        return input("Deploy these? Type yes: ").strip() == "yes"
    except EOFError:
        return False


def main():
    deployment = Deployment(arguments())
    sentences = list(deployment.check())
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    faults = [sentence for sentence in sentences if not sentence.startswith("note: ")]
    if faults:
        sys.exit(f"nothing was changed: {len(faults)} things are to be mended first")
    deployment.key = deployment.given.release
    deployment.package()
    stack = deployment.stack()
    exists = bool(stack) and stack["StackStatus"] != "REVIEW_IN_PROGRESS"
    which = deployment.change_set(exists)
    if which is None:
        print("the stack is what it should be; nothing changes")
    else:
        deployment.show(which)
        if not deployment.given.yes and not confirmed():
            deployment.aws("cloudformation").delete_change_set(**which)
            sys.exit("nothing was changed")
        deployment.execute(which, exists)
    outputs = smoke.outputs(deployment.stack())
    width = max(len(name) for name in outputs)
    print("\n".join(f"{name:<{width}}  {value}" for name, value in outputs.items()))
    if not deployment.given.no_smoke:
        sys.exit(smoke.run(outputs))


if __name__ == "__main__":
    main()
