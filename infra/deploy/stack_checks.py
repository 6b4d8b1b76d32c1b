"""What only a deployed stack can show: a missing grant, K1 in its KMS, mails in SES, and what queues are handed."""

import base64
import contextlib
import json
import time

import boto3

from portal import eventually


def all_of(portal, stack, outputs):
    vendor = portal.vendor()
    for check in (a_missing_grant, k1_signs, mails_come_from_the_sender, feedback_is_queued, a_given_up_change_is_named):
        begun = time.monotonic()
        check(portal, vendor, stack, outputs)
        print(f"held  {check.__name__.replace('_', ' ')} ({time.monotonic() - begun:.1f} s)", flush=True)


def role_of(stack, logical_id):
    found = boto3.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
    return found["StackResourceDetail"]["PhysicalResourceId"]


@contextlib.contextmanager
def without(stack, logical_id, policy_name, sid):
    """A role whose statement of that name is taken away, and put back at the end."""
    iam, role = boto3.client("iam"), role_of(stack, logical_id)
    document = iam.get_role_policy(RoleName=role, PolicyName=policy_name)["PolicyDocument"]
    document = json.loads(document) if isinstance(document, str) else document
    less = {**document, "Statement": [one for one in document["Statement"] if one["Sid"] != sid]}
    assert len(less["Statement"]) == len(document["Statement"]) - 1, document
    put = lambda wanted: iam.put_role_policy(RoleName=role, PolicyName=policy_name, PolicyDocument=json.dumps(wanted))
    put(less)
    try:
        yield
    finally:
        put(document)


def a_missing_grant(portal, vendor, stack, _):
    """503 `unavailable` for the caller, and the name of what is missing in the log."""
    by = {"authorization": f"Session {vendor['session']}"}
    with without(stack, "PaymentGetRole", "payment-get", "Table"):
        status, answer = portal.ask("GET", "/v1/vendor/payment", headers=by)
        assert (status, answer["code"]) == (503, "unavailable"), (status, answer)
        assert "dynamodb" not in json.dumps(answer).lower(), answer

    def named():
        logs = boto3.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{stack}-payment-get")["events"]
        return any("AccessDenied" in one["message"] and "dynamodb:" in one["message"] for one in logs)

    eventually("a line in payment-get's log that names the missing grant", named, 20)
    status, _ = portal.ask("GET", "/v1/vendor/payment", headers=by)
    assert status == 200, status


def k1_signs(portal, vendor, _, outputs):
    """The published key is the one in KMS, and what it certifies verifies there."""
    kms = boto3.client("kms")
    point = kms.get_public_key(KeyId=outputs["K1KeyId"])["PublicKey"][-64:]
    decode = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    key = portal.call("GET", "/.well-known/jwks.json")["keys"][0]
    assert decode(key["x"]) + decode(key["y"]) == point, key
    head = json.loads(decode(vendor["token"].split(".")[0]))
    signed, _, signature = vendor["token"].rpartition(".")
    assert head["kid"] == key["kid"], head
    r, s = (int.from_bytes(half) for half in (decode(signature)[:32], decode(signature)[32:]))
    number = lambda value: (lambda raw: bytes([2, len(raw)]) + raw)(value.to_bytes(value.bit_length() // 8 + 1))
    der = number(r) + number(s)
    verified = kms.verify(KeyId=outputs["K1KeyId"], Message=signed.encode(), MessageType="RAW",
                          Signature=bytes([0x30, len(der)]) + der, SigningAlgorithm="ECDSA_SHA_256")
    assert verified["SignatureValid"], verified


def mails_come_from_the_sender(portal, vendor, _, outputs):
    import os
    import urllib.request

    with urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_ministack/ses/messages") as answer:
        inbox = [mail for mails in json.load(answer)["messages"].values() for mail in mails]
    ours = [mail for mail in inbox if vendor["email"] in mail["To"]]
    assert ours and all(outputs["MailFrom"] in mail["Source"] for mail in ours), ours


def feedback_is_queued(_portal, _vendor, stack, outputs):
    """A bounce of this portal's mail reaches the queue; another portal's does not.

    The local AWS sends no event of SES's, and nobody else may speak for `aws.ses`: so the deployed rule listens to another
    source for as long as this takes."""
    events = boto3.client("events")
    rule = role_of(stack, "MailFeedbackRule").rsplit("/", 1)[-1]
    pattern = json.loads(events.describe_rule(Name=rule)["EventPattern"])
    assert pattern["source"] == ["aws.ses"], pattern
    events.put_rule(Name=rule, EventPattern=json.dumps({**pattern, "source": ["test.ses"]}))
    try:
        for portal in ("another", stack):
            detail = {"mail": {"messageId": portal, "tags": {"ses:configuration-set": [portal]}}}
            event = {"Source": "test.ses", "DetailType": "Email Bounced", "Detail": json.dumps(detail)}
            assert events.put_events(Entries=[event])["FailedEntryCount"] == 0
        messages = received(outputs["MailFeedbackUrl"], "a bounce in the queue")
    finally:
        events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    assert [message["detail"]["mail"]["messageId"] for message in messages] == [stack], messages


def a_given_up_change_is_named(portal, vendor, stack, outputs):
    """A job without a setting stops at its start and names it; what it can't record is a dead letter, named by its place in
    the stream; and once the cause is gone it goes on.

    The local AWS gives changes up by age alone, so they get old sooner here."""
    functions, name = boto3.client("lambda"), f"{stack}-stream-audit"
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    mapping = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"][0]
    functions.update_event_source_mapping(UUID=mapping["UUID"], MaximumRecordAgeInSeconds=1)
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": {}})
    portal.register(vendor["token"], "GIVEN-UP")
    letters = received(outputs["StreamDeadLettersUrl"], "a dead letter", 120)
    assert letters[0]["DDBStreamBatchInfo"]["startSequenceNumber"], letters
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    functions.update_event_source_mapping(UUID=mapping["UUID"], MaximumRecordAgeInSeconds=mapping["MaximumRecordAgeInSeconds"])
    begun = lambda: functions.invoke(FunctionName=name, Payload=b'{"Records": []}')
    eventually("the job's good start", lambda: "FunctionError" not in begun())
    portal.register(vendor["token"], "TAKEN-UP")
    by = {"authorization": f"Session {vendor['session']}"}
    rows = lambda: [row for row in portal.call("GET", "/v1/vendor/audit", headers=by)["data"] if "TAKEN-UP" in json.dumps(row)]
    eventually("the audit row of a change after it", rows)


def received(queue, what, seconds=60):
    """All messages of a queue, as JSON, once there is one."""
    sqs = boto3.client("sqs")
    look = lambda: sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages")
    return [json.loads(message["Body"]) for message in eventually(what, look, seconds)]
