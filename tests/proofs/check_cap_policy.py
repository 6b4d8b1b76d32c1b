"""Puts cap policies before stock libraries: the JSON before jsonschema, the Cedar text before Cedar.

    python3 check_cap_policy.py FILE

FILE holds {"schema": a JSON Schema, "policies": [...], "cedar": [{"text": ..., "request": ...}, ...]}. Prints
{"valid": [whether the schema takes the policy, ...], "allowed": [whether Cedar allows the request, ...]}; a text that
Cedar can't parse, or that fails on a request, ends it with 1. cedarpy is the crate cedar-policy with Python around it.
"""

import json
import sys

try:
    import cedarpy
    from jsonschema import Draft202012Validator
except ImportError as error:
    sys.exit(f"{error.name} is missing. `cargo xtask test` installs it; or: pip install {error.name}")


def allowed(text, request):
    """Cedar's decision, if it came to one without an error."""
    answer = cedarpy.is_authorized(request, text, [])
    if answer.diagnostics.errors or answer.decision == cedarpy.Decision.NoDecision:
        sys.exit(f"{answer.diagnostics.errors} by\n{text}")
    return answer.allowed


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    Draft202012Validator.check_schema(given["schema"])
    validator = Draft202012Validator(given["schema"])
    valid = [validator.is_valid(policy) for policy in given["policies"]]
    print(json.dumps({"valid": valid, "allowed": [allowed(one["text"], one["request"]) for one in given["cedar"]]}))


if __name__ == "__main__":
    main()
