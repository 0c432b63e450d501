"""Writes docs/settings.md from the code. A test fails when the page is not what this writes."""

from __future__ import annotations

from pathlib import Path

from retrovue.settings import SPECS

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
HEAD = """# Settings

A value comes from the first of these that has it: the environment, `retrovue.toml` in the data folder, the settings
table (`retrovue settings set KEY VALUE`), the default. `retrovue settings list` shows what is in force and where it
comes from. In the file, the part before the point is the group:

```toml
[removals]
brake_percent = 5
```

| setting | default | unit | meaning | variable |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The page as Markdown."""
    rows = []
    for spec in SPECS:
        default = f"`{spec.default}`" if spec.default != "" else ""
        note = "" if spec.stored else " (environment or file only)"
        choices = f" ({' or '.join(spec.choices)})" if spec.choices else ""
        rows.append(
            f"| `{spec.key}` | {default} | {spec.unit} | {spec.meaning}{choices}{note} | `{spec.variable}` |"
        )
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
