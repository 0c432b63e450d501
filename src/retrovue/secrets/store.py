"""Token stores: a private file (the default), the desktop's keyring, and memory for tests.

Every secret that passes through is made known to the log's redaction.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import filelock

from retrovue import log
from retrovue.errors import SecretsError
from retrovue.model.catalogue import Secret

_SERVICE = "retrovue"
_LOCK_SECONDS = 10.0


class SecretStore(Protocol):
    """Keeps secrets by name. All methods raise `SecretsError` when the store cannot be used."""

    def get(self, name: str) -> Secret | None:
        """The secret, or None when there is none of this name."""
        ...

    def put(self, name: str, secret: Secret) -> None:
        """Keeps a secret, in the place of the one that had this name."""
        ...

    def remove(self, name: str) -> None:
        """Forgets a secret, if there is one."""
        ...


class MemorySecrets:
    """Keeps secrets until the process ends."""

    def __init__(self) -> None:
        self._secrets: dict[str, Secret] = {}

    def get(self, name: str) -> Secret | None:
        """See `SecretStore`."""
        return self._secrets.get(name)

    def put(self, name: str, secret: Secret) -> None:
        """See `SecretStore`."""
        log.protect(secret.reveal())
        self._secrets[name] = secret

    def remove(self, name: str) -> None:
        """See `SecretStore`."""
        self._secrets.pop(name, None)


class FileSecrets:
    """Keeps secrets in a file that only this user can read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> Secret | None:
        """See `SecretStore`."""
        value = self._read().get(name)
        if value is None:
            return None
        log.protect(value)
        return Secret(value)

    def put(self, name: str, secret: Secret) -> None:
        """See `SecretStore`."""
        log.protect(secret.reveal())
        with self._alone():
            self._write({**self._read(), name: secret.reveal()})

    def remove(self, name: str) -> None:
        """See `SecretStore`."""
        with self._alone():
            kept = self._read()
            if kept.pop(name, None) is not None:
                self._write(kept)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """What another program adds between our reading and our writing must not be lost."""
        lock = filelock.FileLock(self._path.with_name(f".{self._path.name}.lock"), timeout=_LOCK_SECONDS)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock.acquire(poll_interval=0.02)
        except filelock.Timeout as error:
            raise self._trouble("another program is writing it") from error
        except OSError as error:
            raise self._trouble(error.strerror or str(error)) from error
        try:
            yield
        finally:
            lock.release()

    def _read(self) -> dict[str, str]:
        try:
            text = self._path.read_text(encoding="utf-8")
            if os.name == "posix" and self._path.stat().st_mode & 0o077:
                self._path.chmod(0o600)
            document = json.loads(text)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise self._trouble(error.strerror or str(error)) from error
        except ValueError:
            # The message of the decoder could hold a piece of a secret, so it goes no further.
            raise self._trouble("it is not what RetroVue wrote") from None
        if not isinstance(document, dict) or not all(isinstance(value, str) for value in document.values()):
            raise self._trouble("it is not what RetroVue wrote")
        return document

    def _write(self, secrets: dict[str, str]) -> None:
        try:
            # mkstemp makes the file with mode 0600; replacing is atomic, so a crash leaves old or new.
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".secrets-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(secrets, file)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise self._trouble(error.strerror or str(error)) from error

    def _trouble(self, why: str) -> SecretsError:
        return SecretsError(
            "The token file cannot be used",
            f"{self._path}: {why}",
            "Give this user the right to read and write it, or remove it and give the tokens again.",
        )


class KeyringSecrets:
    """Keeps secrets in the desktop's keyring, which may be locked while nobody is logged in."""

    def get(self, name: str) -> Secret | None:
        """See `SecretStore`."""
        import keyring  # lazily: it looks for a desktop when imported
        from keyring.errors import KeyringError

        try:
            value = keyring.get_password(_SERVICE, name)
        except KeyringError as error:
            raise self._trouble(error) from error
        if value is None:
            return None
        log.protect(value)
        return Secret(value)

    def put(self, name: str, secret: Secret) -> None:
        """See `SecretStore`."""
        import keyring  # lazily, as above
        from keyring.errors import KeyringError

        log.protect(secret.reveal())
        try:
            keyring.set_password(_SERVICE, name, secret.reveal())
        except KeyringError as error:
            raise self._trouble(error) from error

    def remove(self, name: str) -> None:
        """See `SecretStore`."""
        import keyring  # lazily, as above
        from keyring.errors import KeyringError, PasswordDeleteError

        try:
            keyring.delete_password(_SERVICE, name)
        except PasswordDeleteError:
            return
        except KeyringError as error:
            raise self._trouble(error) from error

    def _trouble(self, error: Exception) -> SecretsError:
        return SecretsError(
            "The keyring cannot be used",
            str(error) or type(error).__name__,
            "Unlock it, or keep tokens in a private file: retrovue settings set secrets.store file",
        )
