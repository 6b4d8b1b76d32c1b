"""What schemathesis does not know by itself, for tests/proofs/contract.rs."""

import schemathesis

# Lines of JSON are sent as the text that they are.
schemathesis.serializer.alias("application/x-ndjson", "text/plain")
