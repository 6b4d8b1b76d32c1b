"""What can be wrong with a deployment, told in sentences before anything changes.

Each check takes what it looks at and yields sentences: faults, which stop the deployment, or notes (they begin with
`note: `), which a person should know and may go on with.
"""

import json
import re
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

import zips

EXAMPLE = ".example"


def code(error):
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__


def of_parameters(declared, given, local):
    """The template's parameters, and the stage's values for them. `local` lets loopback and example domains pass."""
    for name in sorted(given.keys() - declared.keys()):
        yield f"{name} is no parameter of template.yaml; its name may be misspelt"
    for name, rules in declared.items():
        value = given.get(name, rules.get("Default"))
        if value is None:
            yield f"{name} is missing: {rules['Description']}"
            continue
        said = rules.get("ConstraintDescription")
        if "AllowedPattern" in rules and not re.fullmatch(rules["AllowedPattern"], str(value)):
            yield f"{said} (it is {value!r})"
        if "AllowedValues" in rules and str(value) not in [str(one) for one in rules["AllowedValues"]]:
            yield f"{name} is {value!r}; it must be one of {', '.join(str(one) for one in rules['AllowedValues'])}"
        if "MinValue" in rules and not (re.fullmatch(r"\d+", str(value)) and int(value) >= rules["MinValue"]):
            yield f"{name} is {value!r}; it must be a whole number from {rules['MinValue']} on"
    if not local:
        yield from of_example_values(given)


def of_example_values(given):
    for name in ("PortalUrl", "MailDomain", "AlarmMail"):
        value = given.get(name, "")
        host = urlsplit(value).hostname if "://" in value else value
        if (host or "").endswith(EXAMPLE):
            yield f"{name} is still the example's ({value}); put your own into the stage's file"
    if given.get("PortalUrl", "").startswith("http://"):
        yield "PortalUrl is plain http, which only a stack on loopback may have"


def of_rules(given):
    """The template's Rules, which CloudFormation would tell only once it has begun."""
    for name, needed, why in [
        ("HostedZoneId", "CertificateArn", "it says where to put PortalUrl's host, which needs a certificate"),
        ("RestoredTableName", "RestoredStreamArn", "without its stream the jobs would not see the table's changes"),
        ("RestoredStreamArn", "RestoredTableName", "it says which stream the restored table has"),
    ]:
        if given.get(name) and not given.get(needed):
            yield f"{needed} is missing, and {name} is given: {why}"


def of_zips(folder, functions, architecture):
    """Each function's zip is there and for the processor that the stack's functions run on."""
    for name in functions:
        zip_file = folder / name / "bootstrap.zip"
        if not zip_file.exists():
            yield f"the zip of {name} is missing; make it with: cargo xtask build --arch {architecture}"
            continue
        try:
            found = zips.architecture(zip_file)
        except ValueError as fault:
            yield str(fault)
            continue
        if found != architecture:
            yield (f"the zip of {name} is for {found}, and the parameter Architecture is {architecture}; "
                   f"build it with: cargo xtask build --arch {architecture}")


def of_secret(aws, given):
    """Stripe's secret is there, has both keys, and is of the mode that StripeLivemode says."""
    name, version = given.get("StripeSecretName"), given.get("StripeSecretVersion")
    if not name:
        return
    try:
        which = {"VersionId": version} if version else {}
        secret = aws("secretsmanager").get_secret_value(SecretId=name, **which)["SecretString"]
    except (ClientError, BotoCoreError, KeyError) as error:
        said = f"version {version} of the secret" if version else "the secret"
        yield f"{said} {name} (StripeSecretName) can't be read from Secrets Manager here: {code(error)}"
        return
    try:
        keys = json.loads(secret)
        key, webhooks = keys["secret_key"], keys["webhook_secrets"]
    except (ValueError, KeyError, TypeError):
        yield f'the secret {name} must be JSON with "secret_key" and "webhook_secrets"'
        return
    live = given.get("StripeLivemode") == "true"
    if not re.fullmatch(rf"(sk|rk)_{'live' if live else 'test'}_\w+", key):
        yield (f'"secret_key" in the secret {name} is no key of Stripe\'s {"live" if live else "test"} mode, '
               f"which StripeLivemode={given.get('StripeLivemode')} asks for")
    if not all(one.strip().startswith("whsec_") for one in webhooks.split(",")):
        yield f'"webhook_secrets" in the secret {name} must be whsec_… with commas between'


def of_sender(aws, given, exists):
    """SES has verified the sender, as far as that can be known before the first deployment, which makes the identity."""
    domain = given.get("MailDomain")
    try:
        identity = aws("sesv2").get_email_identity(EmailIdentity=domain)
    except ClientError as error:
        if code(error) != "NotFoundException":
            yield f"SES can't be asked about {domain} (MailDomain): {code(error)}"
        elif exists:
            yield f"{domain} (MailDomain) is no identity of SES in this region any more, so no mail would go"
        else:
            yield (f"note: {domain} is new to SES; this deployment asks it to verify the domain, and no mail goes before "
                   "its DNS records stand (infra/README.md, Mail)")
        return
    if not exists:
        yield (f"{domain} (MailDomain) is already an identity of SES in this account and region, which this stack would "
               "have to make; give the stack a domain of its own, or delete that identity")
    elif not identity.get("VerifiedForSendingStatus"):
        yield (f"SES has not verified {domain} (MailDomain), so no mail would go; set its DNS records (infra/README.md, "
               "Mail), or deploy with --unverified-sender while you wait for DNS")


def of_certificate(aws, given, region):
    arn = given.get("CertificateArn")
    if not arn:
        if given.get("PortalUrl", "").startswith("https://") and ".execute-api." not in given["PortalUrl"]:
            yield "note: no CertificateArn is given, so the API answers at its own address and not at PortalUrl"
        return
    if arn.split(":")[3] != region:
        yield f"CertificateArn is of {arn.split(':')[3]}, and the stack of {region}: the API needs one of its own region"
        return
    try:
        certificate = aws("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    except ClientError as error:
        yield f"the certificate {arn} can't be read: {code(error)}"
        return
    if certificate["Status"] != "ISSUED":
        yield f"the certificate {arn} is {certificate['Status']}, not ISSUED; set its DNS record and wait"


def of_stack(stack):
    """The stack, if it is there, is in a state from which it can be changed."""
    status = stack["StackStatus"] if stack else ""
    if status == "ROLLBACK_COMPLETE":
        yield ("the stack's first deployment failed and was rolled back; delete it (and what it leaves behind, see "
               "infra/README.md) before you deploy again")
    elif status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        yield f"the stack is {status}: somebody is deploying it right now"
    elif status.endswith("ROLLBACK_FAILED"):
        yield f"the stack is {status}; see infra/README.md, Upgrading and rolling back"


def of_k1(aws, stack_name, exists):
    """K1, when the stack has one, is what ES256 needs."""
    if not exists:
        return
    try:
        resource = aws("cloudformation").describe_stack_resource(StackName=stack_name, LogicalResourceId="K1")
        key = aws("kms").describe_key(KeyId=resource["StackResourceDetail"]["PhysicalResourceId"])["KeyMetadata"]
    except ClientError as error:
        yield f"K1 can't be looked at: {code(error)}"
        return
    if (key["KeySpec"], key["KeyUsage"]) != ("ECC_NIST_P256", "SIGN_VERIFY"):
        yield (f"K1 is a key of {key['KeySpec']} for {key['KeyUsage']}; tokens and receipts need ECC_NIST_P256 for "
               "SIGN_VERIFY. A key's spec can't be changed: roll K1 over (infra/README.md)")
    elif key["KeyState"] != "Enabled":
        yield f"K1 is {key['KeyState']}: nothing could be signed"
