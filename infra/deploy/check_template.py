#!/usr/bin/env python3
"""Prints, as JSON, what the template deploys for each function; PyYAML is all it needs.

    python3 infra/deploy/check_template.py [template.yaml]

    {"functions": {"devices-register": {
        "logical_id": "DevicesRegister",
        "binary": "devices-register",
        "memory": 512, "timeout": 10,
        "environment": ["K1_KEY_IDS", "PORTAL_URL", "TABLE_NAME"],
        "routes": [["POST", "/v1/vendor/devices/register"]],
        "url_paths": [],
        "stream": null, "schedules": [], "queues": [],
        "grants": [["dynamodb:BatchGetItem", "Table"], …, ["kms:Sign", "K1"]],
        "platform_grants": [["logs:CreateLogStream", "DevicesRegisterLogs"], …]}},
     "k1": {"kms:Sign": ["devices-register", "tokens-issue"], …}}

`grants` are what the code calls with, `platform_grants` what Lambda itself needs to run the function. A resource is the
logical id of what the statement names, with what follows it in the ARN (`Table/index/by-vendor`); `*` is every resource.
`url_paths` are the paths that the outputs tell others to call the function's own URL at.

Then it checks what needs nothing but the template, tells every fault as a sentence and exits with 1:
each function has a role, a log group and a zip of its own name; no statement has a wildcard but the one that AWS demands;
a URL has both permissions; K1's policy and the roles agree on who may do what with it.
"""

import json
import re
import sys
from pathlib import Path

import yaml

# What Lambda does with the role, not the code: the statements' names.
PLATFORM = {"Logs", "Stream", "Streams", "DeadLetters", "Queue"}
# What Lambda needs on a queue whose messages it hands over.
TAKES_FROM_QUEUE = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
# AWS knows no narrower resource for these.
EVERY_RESOURCE = {"dynamodb:ListStreams"}


class Call(dict):
    """A CloudFormation function: `!Ref X` is Call(Ref="X")."""


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def short_form(loader, tag, node):
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return Call({name: value.split(".", 1) if tag == "GetAtt" else value})
    if isinstance(node, yaml.SequenceNode):
        return Call({name: loader.construct_sequence(node, deep=True)})
    return Call({name: loader.construct_mapping(node, deep=True)})


Loader.add_multi_constructor("!", short_form)


def load(path):
    return yaml.load(path.read_text(encoding="utf-8"), Loader)


def as_list(value):
    return value if isinstance(value, list) else [value]


class Template:
    def __init__(self, path):
        self.path = path
        self.body = load(path)
        self.resources = self.body["Resources"]
        self.faults = []

    def of_type(self, kind):
        return {name: r["Properties"] for name, r in self.resources.items() if r["Type"] == kind}

    def target(self, value):
        """The logical id, and what follows it, that a value of a resource or principal stands for."""
        if isinstance(value, str):
            return value
        if "Ref" in value:
            return value["Ref"]
        if "Fn::GetAtt" in value:
            return self.attribute(*value["Fn::GetAtt"])
        if "Fn::If" in value:
            # Of two it is the one that the template makes; the other is a parameter's.
            made = (one for one in value["Fn::If"][1:] if "Fn::GetAtt" in one or one.get("Ref") in self.resources)
            return self.target(next(made))
        if "Fn::Sub" in value:
            return self.substituted(value["Fn::Sub"])
        raise SystemExit(f"{self.path}: {json.dumps(value)} is of no form that this script knows")

    def attribute(self, name, attribute):
        """A nested stack's output is what the nested template says it is."""
        resource = self.resources[name]
        if resource["Type"] == "AWS::CloudFormation::Stack" and attribute.startswith("Outputs."):
            nested = Template(self.path.parent / resource["Properties"]["TemplateURL"])
            return nested.target(nested.body["Outputs"][attribute.removeprefix("Outputs.")]["Value"])
        return f"{name}/stream" if attribute == "StreamArn" else name

    def substituted(self, text):
        """`arn:…:identity/${MailIdentity}` is MailIdentity, `${Data.Outputs.TableArn}/index/x` is Table/index/x."""
        for variable in re.finditer(r"\$\{([A-Za-z0-9.]+)\}", text):
            name, _, attribute = variable[1].partition(".")
            if name in self.resources:
                found = self.attribute(name, attribute) if attribute else name
                return found + text[variable.end() :]
        return text

    def statements(self):
        """Of each role, by logical id: its own statements and those of the policies that are attached to it."""
        found = {}
        for role, properties in self.of_type("AWS::IAM::Role").items():
            documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
            found[role] = [statement for document in documents for statement in document["Statement"]]
            if properties.get("ManagedPolicyArns"):
                self.faults.append(f"{role} has managed policies, whose grants nobody sees here")
        for policy in self.of_type("AWS::IAM::Policy").values():
            for role in policy["Roles"]:
                found[self.target(role)] += policy["PolicyDocument"]["Statement"]
        return found

    def grants(self, statements):
        code, platform = set(), set()
        for statement in statements:
            if statement["Effect"] != "Allow":
                self.faults.append(f"{statement['Sid']}: only what is allowed is understood here")
            for action in as_list(statement["Action"]):
                for resource in as_list(statement["Resource"]):
                    grant = (action, self.target(resource))
                    if "*" in action or ("*" in grant[1] and action not in EVERY_RESOURCE):
                        self.faults.append(f"{statement['Sid']}: {action} on {grant[1]} is a wildcard")
                    (platform if statement["Sid"] in PLATFORM else code).add(grant)
        return sorted(code), sorted(platform)

    def url_paths(self):
        """Of each function, by logical id: the paths in outputs that begin with its URL."""
        urls = {name: self.target(url["TargetFunctionArn"]) for name, url in self.of_type("AWS::Lambda::Url").items()}
        paths = {function: [] for function in urls.values()}
        for output in self.body.get("Outputs", {}).values():
            text = output["Value"].get("Fn::Sub") if isinstance(output["Value"], dict) else None
            match = re.fullmatch(r"\$\{(\w+)\.FunctionUrl\}(.*)", text or "")
            if match:
                paths[urls[match[1]]].append("/" + match[2])
        return paths

    def check_urls(self, functions):
        wanted = {("lambda:InvokeFunctionUrl", "NONE", None), ("lambda:InvokeFunction", None, True)}
        for function in functions:
            given = {
                (p["Action"], p.get("FunctionUrlAuthType"), p.get("InvokedViaFunctionUrl"))
                for p in self.of_type("AWS::Lambda::Permission").values()
                if self.target(p["FunctionName"]) == function and p["Principal"] == "*"
            }
            if given != wanted:
                self.faults.append(f"{function} has a URL, and not exactly the two permissions it needs: {given}")

    def function(self, logical_id, properties, statements, url_paths):
        name = properties["FunctionName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
        binary = re.fullmatch(r"target/lambda/([a-z0-9-]+)/bootstrap\.zip", properties["CodeUri"])
        camel = "".join(part.capitalize() for part in name.split("-"))
        role, logs = self.target(properties["Role"]), self.target(properties["LoggingConfig"]["LogGroup"])
        log_name = self.resources[logs]["Properties"]["LogGroupName"]
        for what, is_so in [
            (f"the logical id {camel}", logical_id == camel),
            (f"the zip target/lambda/{name}/bootstrap.zip", binary and binary[1] == name),
            (f"the role {camel}Role", role == f"{camel}Role"),
            (f"the log group {camel}Logs", logs == f"{camel}Logs"),
            ("the log group's name", log_name == {"Fn::Sub": f"/aws/lambda/${{AWS::StackName}}-{name}"}),
        ]:
            if not is_so:
                self.faults.append(f"{logical_id}: {what} was expected for the function {name}")
        globally = self.body["Globals"]["Function"]
        code, platform = self.grants(statements[role])
        routes, stream, schedules, queues = self.events(logical_id, properties.get("Events", {}))
        for queue in queues:
            granted = {action for action, resource in platform if resource == queue}
            if granted != TAKES_FROM_QUEUE:
                self.faults.append(f"{logical_id}: its statement Queue grants {sorted(granted)} on {queue}, where Lambda needs "
                                   f"{sorted(TAKES_FROM_QUEUE)}")
        return name, {
            "logical_id": logical_id,
            "binary": binary and binary[1],
            "memory": properties.get("MemorySize", globally["MemorySize"]),
            "timeout": properties.get("Timeout", globally["Timeout"]),
            "environment": sorted(properties.get("Environment", {}).get("Variables", {})),
            "routes": sorted(routes),
            "url_paths": url_paths.get(logical_id, []),
            "stream": stream,
            "schedules": schedules,
            "queues": queues,
            "grants": code,
            "platform_grants": platform,
        }

    def events(self, logical_id, events):
        """What makes a function run: its routes, its stream, its schedules, its queues."""
        routes, stream, schedules, queues = [], None, [], []
        for name, event in events.items():
            properties = event["Properties"]
            if event["Type"] == "HttpApi":
                routes.append([properties["Method"], properties["Path"]])
            elif event["Type"] == "DynamoDB":
                filters = properties.get("FilterCriteria", {}).get("Filters", [])
                stream = {
                    "table": self.target(properties["Stream"]),
                    "filters": [json.loads(one["Pattern"]) for one in filters],
                }
            elif event["Type"] == "ScheduleV2":
                schedules.append({
                    "expression": properties["ScheduleExpression"],
                    "timezone": properties.get("ScheduleExpressionTimezone", "UTC"),
                })
                if not properties.get("RetryPolicy") or not properties.get("DeadLetterConfig"):
                    self.faults.append(f"{logical_id}: the schedule {name} says nothing of retries, or of what it gives up")
            elif event["Type"] == "SQS":
                queues.append(self.target(properties["Queue"]))
                if properties.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
                    self.faults.append(f"{logical_id}: one bad message of {name} would bring the whole batch back")
                queue = self.resources.get(queues[-1], {"Properties": {}})["Properties"]
                if not queue.get("RedrivePolicy"):
                    self.faults.append(f"{logical_id}: the queue {queues[-1]} has no dead-letter queue")
            else:
                self.faults.append(f"{logical_id}: an event of type {event['Type']}, which this script does not know")
        return routes, stream, schedules, queues

    def k1(self, functions):
        """Who may do what with K1 by its own policy, and whether the roles say the same."""
        policy = self.resources["K1"]["Properties"]["KeyPolicy"]["Statement"]
        by_role = {function["logical_id"] + "Role": name for name, function in functions.items()}
        allowed = {}
        for statement in policy:
            principals = [self.target(principal) for principal in as_list(statement["Principal"]["AWS"])]
            if all(principal in by_role for principal in principals):
                for action in as_list(statement["Action"]):
                    allowed.setdefault(action, set()).update(by_role[principal] for principal in principals)
            elif {"kms:*", "kms:Sign", "kms:CreateGrant"} & set(as_list(statement["Action"])):
                self.faults.append(f"K1: {statement['Sid']} lets somebody sign who is no function")
        granted = {}
        for name, function in functions.items():
            for action, resource in function["grants"]:
                if resource == "K1":
                    granted.setdefault(action, set()).add(name)
        if allowed != granted:
            self.faults.append(f"K1's policy allows {allowed}, the roles grant {granted}")
        return {action: sorted(names) for action, names in sorted(allowed.items())}


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "template.yaml"
    template = Template(path)
    statements, url_paths = template.statements(), template.url_paths()
    found = template.of_type("AWS::Serverless::Function").items()
    functions = dict(sorted(template.function(name, properties, statements, url_paths) for name, properties in found))
    template.check_urls(url_paths)
    k1 = template.k1(functions)
    json.dump({"functions": functions, "k1": k1}, sys.stdout, indent=2)
    print()
    for fault in template.faults:
        print(fault, file=sys.stderr)
    return 1 if template.faults else 0


if __name__ == "__main__":
    sys.exit(main())
