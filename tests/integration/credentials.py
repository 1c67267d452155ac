"""What requests show of who sends them. Standard library only."""

import base64
import hashlib
import hmac
import json
import os
import subprocess

JWT_KEY = b"0123456789abcdef0123456789abcdef"


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(claims, key=JWT_KEY, algorithm="HS256"):
    text = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": algorithm, "typ": "JWT", "kid": "1"}, claims))
    signature = hmac.new(key, text.encode(), hashlib.sha256).digest() if algorithm == "HS256" else b""
    return f"{text}.{base64url(signature)}"


def write_keys(folder):
    """The URL of the keys that jwt() signs with."""
    file_name = os.path.join(folder, "jwks.json")
    with open(file_name, "w", encoding="utf-8") as file:
        json.dump({"keys": [{"kty": "oct", "kid": "1", "alg": "HS256", "k": base64url(JWT_KEY)}]}, file)
    return f"file://{file_name}"


def certify(folder, name, address):
    """Writes a key and a certificate of its own for an address ("IP:127.0.0.1"), each at once. Their files."""
    files = [f"{folder}/server.key", f"{folder}/server.crt"]
    key, certificate = [f"{file}.new" for file in files]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName={address}", "-keyout", key, "-out", certificate], capture_output=True, check=True)
    for file in files:
        os.rename(f"{file}.new", file)
    return files
