"""Prints the credential that the consumer of `aster-rpc` 0.1.2 reads from its ASTER_* environment, as one line of JSON. It opens no endpoint.

    python read_credential.py [peer]
"""
import json
import sys

from aster import AsterClient
from aster.runtime import _credential_from_peer_entry, _load_enrollment_credential
from aster.trust.consumer import consumer_cred_to_json
from aster.trust.signing import verify_signature

client = AsterClient(peer=sys.argv[1] if len(sys.argv) > 1 else None, endpoint_addr="00" * 32)
if client._inline_credential:
    credential = _credential_from_peer_entry(client._inline_credential)
else:
    credential = _load_enrollment_credential(client._enrollment_credential_file)
secret = client._config.secret_key
print(json.dumps({
    "credential": json.loads(consumer_cred_to_json(credential)),
    "verifies": verify_signature(credential),
    "rootPubkey": client._root_pubkey.hex(),
    "secretKey": secret.hex() if secret else None,
}))
