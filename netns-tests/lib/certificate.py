# SPDX-License-Identifier: Apache-2.0
"""Certificates that nobody but their own key has signed."""

import subprocess


def make_certificate(folder, name, alternative):
    """The files of the certificate and of its key, anew. `alternative`: what it is for, such as DNS:broker.example.net."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}", "-keyout", key, "-out", certificate],
        capture_output=True, check=True,
    )  # fmt: skip
    return certificate, key
