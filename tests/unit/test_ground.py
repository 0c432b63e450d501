"""Settings, logging, secrets, errors."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from contextvars import copy_context
from pathlib import Path

import pytest

from retrovue import errors, log, settings
from retrovue.model.catalogue import Secret
from retrovue.secrets.store import FileSecrets, KeyringSecrets, MemorySecrets, SecretStore
from retrovue.settings import Origin

TOKEN = "xyzzy-plugh-4711"


# --- settings --------------------------------------------------------------------------------------


def test_precedence(tmp_path: Path) -> None:
    (tmp_path / "retrovue.toml").write_text("[sync]\npage_size = 200\nscan_wait_minutes = 1.5\n")
    loaded = settings.load(tmp_path, {"RETROVUE_SYNC_PAGE_SIZE": "300"})
    loaded = loaded.with_table(
        {"sync.page_size": 400, "sync.scan_wait_minutes": 9.0, "removals.brake_items": 5}
    )
    assert (loaded.integer("sync.page_size"), loaded.origins["sync.page_size"]) == (300, Origin.ENVIRONMENT)
    assert (loaded.number("sync.scan_wait_minutes"), loaded.origins["sync.scan_wait_minutes"]) == (
        1.5,
        Origin.FILE,
    )
    assert (loaded.integer("removals.brake_items"), loaded.origins["removals.brake_items"]) == (
        5,
        Origin.TABLE,
    )
    assert loaded.origins["plex.retries"] is Origin.DEFAULT


def test_the_databases_address_is_never_taken_from_the_table(tmp_path: Path) -> None:
    loaded = settings.load(tmp_path, {}).with_table({"database.url": "sqlite:////elsewhere"})
    assert loaded.database_url == f"sqlite:///{tmp_path / 'retrovue.db'}"


@pytest.mark.parametrize(
    "environment",
    [
        {"RETROVUE_SYNC_PAGE_SIZE": "many"},
        {"RETROVUE_SYNC_PAGE_SIZE": "1"},
        {"RETROVUE_SYNC_PAGE_SIZE": "1001"},
        {"RETROVUE_SYNC_PAGE_SIZE": "10.5"},
        {"RETROVUE_SECRETS_STORE": "napkin"},
        {"RETROVUE_REMOVALS_BRAKE_PERCENT": "nan"},
    ],
)
def test_wrong_values_name_the_setting(tmp_path: Path, environment: dict[str, str]) -> None:
    with pytest.raises(errors.Invalid) as caught:
        settings.load(tmp_path, environment)
    assert caught.value.field.upper().replace(".", "_") in next(iter(environment))
    assert caught.value.hint


@pytest.mark.parametrize(
    "text", ["[sync\n", "page_size = 1\n", "[sync]\nno_such = 1\n", "[sync]\npage_size = true\n"]
)
def test_wrong_files_are_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "retrovue.toml").write_text(text)
    with pytest.raises(errors.Invalid):
        settings.load(tmp_path, {})


def test_a_stored_value_that_is_no_longer_valid_falls_back(tmp_path: Path) -> None:
    loaded = settings.load(tmp_path, {}).with_table({"sync.page_size": 100_000, "gone.setting": 1})
    assert (loaded.integer("sync.page_size"), loaded.origins["sync.page_size"]) == (1000, Origin.DEFAULT)


# --- logging ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"GET /x?X-Plex-Token={TOKEN}&a=b",
        f"{{'X-Plex-Token': '{TOKEN}'}}",
        f"X-Plex-Token: {TOKEN}",
        f"[('x-plex-token', b'{TOKEN}')]",
        f'{{"authToken":"{TOKEN}"}}',
        f"accessToken={TOKEN}",
        f"postgresql://me:{TOKEN}@host/db",
    ],
)
def test_secrets_are_taken_out_by_their_shape(text: str) -> None:
    shown = log.redact(text)
    assert TOKEN not in shown
    assert "***" in shown


def test_known_secrets_are_taken_out_anywhere() -> None:
    log.protect("open-sesame-1")
    log.protect("open-sesame-1-and-more")
    assert log.redact("it said open-sesame-1, loudly") == "it said ***, loudly"
    assert log.redact("open-sesame-1-and-more, it said") == "***, it said"


def test_secrets_become_known_while_others_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_known", ())
    end, faults = threading.Event(), list[BaseException]()

    def read() -> None:
        try:
            while not end.is_set():
                log.redact("a line of no interest")
        except BaseException as error:
            faults.append(error)
            raise

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(300):
        log.protect(f"a-secret-of-many-{number:04}")
    end.set()
    reader.join()
    assert faults == []


def test_arguments_and_tracebacks_are_redacted_too() -> None:
    logger = logging.getLogger("retrovue.test")
    with log.capture(1) as lines:
        try:
            raise ValueError(f"bad X-Plex-Token={TOKEN}")
        except ValueError:
            logger.exception("url was %s", f"http://x/?X-Plex-Token={TOKEN}")
    ((_, level, message),) = lines.take()
    assert level == "error"
    assert "Traceback" in message
    assert TOKEN not in message


def test_each_execution_gets_its_own_lines() -> None:
    logger = logging.getLogger("retrovue.test")
    with log.capture(1) as first:
        context = copy_context()
        thread = threading.Thread(target=lambda: context.run(logger.info, "from a thread of the first"))
        thread.start()
        thread.join()
        with log.capture(2) as second:
            logger.info("of the second")
        logger.info("of the first")
    logger.info("of nobody")
    assert [m for _, _, m in first.take()] == ["from a thread of the first", "of the first"]
    assert [m for _, _, m in second.take()] == ["of the second"]


# --- secrets ---------------------------------------------------------------------------------------


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(TOKEN)
    assert TOKEN not in repr(secret) + str(secret) + f"{secret}"
    assert secret == Secret(TOKEN)
    assert secret.reveal() == TOKEN


@pytest.fixture(params=["memory", "file", "keyring"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SecretStore:
    """Each of the stores."""
    if request.param == "memory":
        return MemorySecrets()
    if request.param == "file":
        return FileSecrets(tmp_path / "new" / "secrets.json")
    import keyring
    from keyring.errors import PasswordDeleteError

    kept: dict[tuple[str, str], str] = {}

    def delete(service: str, name: str) -> None:
        if kept.pop((service, name), None) is None:
            raise PasswordDeleteError(name)

    monkeypatch.setattr(keyring, "get_password", lambda service, name: kept.get((service, name)))
    monkeypatch.setattr(
        keyring, "set_password", lambda service, name, value: kept.__setitem__((service, name), value)
    )
    monkeypatch.setattr(keyring, "delete_password", delete)
    return KeyringSecrets()


def test_stores_keep_replace_and_forget(store: SecretStore) -> None:
    assert store.get("a") is None
    store.put("a", Secret("first-one"))
    store.put("b", Secret("other-one"))
    store.put("a", Secret(TOKEN))
    assert store.get("a") == Secret(TOKEN)
    assert log.redact(f"x {TOKEN} y") == "x *** y"
    store.remove("a")
    store.remove("a")
    assert store.get("a") is None
    assert store.get("b") == Secret("other-one")


def test_the_file_is_private_even_when_it_was_not(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    store = FileSecrets(path)
    store.put("a", Secret(TOKEN))
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    store.get("a")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir() if not one.name.endswith(".lock")] == ["secrets.json"]


def test_what_several_keep_at_once_is_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_known", ())
    path = tmp_path / "secrets.json"

    def keep(writer: int) -> None:
        store = FileSecrets(path)  # as another program has one of its own
        for number in range(12):
            store.put(f"{writer}-{number}", Secret(f"secret-{writer}-{number}"))

    writers = [threading.Thread(target=keep, args=(writer,)) for writer in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(json.loads(path.read_text())) == 48


def test_a_file_that_another_holds_for_too_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrovue.secrets.store._LOCK_SECONDS", 0.1)
    store = FileSecrets(tmp_path / "secrets.json")
    with store._alone(), pytest.raises(errors.SecretsError, match="another program is writing it"):
        FileSecrets(tmp_path / "secrets.json").put("a", Secret(TOKEN))


@pytest.mark.parametrize("text", ["no json " + TOKEN, json.dumps([TOKEN]), json.dumps({"a": 1})])
def test_a_file_that_is_damaged_is_told_without_its_content(tmp_path: Path, text: str) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(text)
    with pytest.raises(errors.SecretsError) as caught:
        FileSecrets(path).get("a")
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.hint


def test_a_locked_keyring_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.errors import KeyringLocked

    def locked(*_: object) -> None:
        raise KeyringLocked("locked")

    for name in ("get_password", "set_password", "delete_password"):
        monkeypatch.setattr(keyring, name, locked)
    store = KeyringSecrets()
    acts: list[Callable[[], object]] = [
        lambda: store.get("a"), lambda: store.put("a", Secret(TOKEN)), lambda: store.remove("a"),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(errors.SecretsError) as caught:
            act()
        assert "secrets.store file" in caught.value.hint


# --- errors ----------------------------------------------------------------------------------------


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = errors.__doc__ or ""
    classes = [
        v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, errors.RetroVueError)
    ]
    assert all(kind.__name__ in drawn for kind in classes)
