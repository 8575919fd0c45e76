"""What a person or a program is told once the emulator listens."""

from __future__ import annotations

import json
import shlex
import ssl
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.emulator.directory import CLIENT, SECRET
from tests.emulator.server import Addresses
from tests.emulator.service import Service
from tests.emulator.state import Workspace


@dataclass(frozen=True, slots=True)
class Started:
    """Addresses, files, and the variables that lead a client here; `script` sets them in a shell."""

    proxy: str
    control: str
    authority: Path
    script: Path
    configs: dict[str, Path]
    environment: dict[str, str]

    def as_json(self) -> dict[str, object]:
        """Return it for a program."""
        return {
            "proxy": self.proxy,
            "control": self.control,
            "ca": str(self.authority),
            "script": str(self.script),
            "config": str(next(iter(self.configs.values()))),
            "configs": {name: str(path) for name, path in self.configs.items()},
            "environment": self.environment,
        }


def started(service: Service, addresses: Addresses) -> Started:
    """Write each workspace's `config.json` and the script; return where everything is."""
    home = service.options.home
    configs = {each.name: _config(home, each) for each in service.state.workspaces.values()}
    proxy, control = f"http://127.0.0.1:{addresses.proxy}", f"http://127.0.0.1:{addresses.control}"
    authority = home / "authority" / "ca.pem"
    trusted = _with_others(authority) if service.options.tunnel else authority
    environment = {
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "REQUESTS_CA_BUNDLE": str(trusted),
        "SSL_CERT_FILE": str(trusted),
        "CURL_CA_BUNDLE": str(trusted),
        "AZURE_TENANT_ID": service.state.tenant,
        "AZURE_CLIENT_ID": CLIENT,
        "AZURE_CLIENT_SECRET": SECRET,
        "AZUREML_EMULATOR_CONTROL": control,
    }
    if service.options.cloud != "AzureCloud":
        environment["AZURE_AUTHORITY_HOST"] = f"https://{service.state.cloud.authority}"
    script = home / "environment.sh"
    script.write_text(_exports(environment), encoding="utf-8")
    return Started(proxy, control, authority, script, configs, environment)


def greeting(where: Started) -> str:
    """Return what is printed for a person."""
    workspaces = "\n".join(f"  {name}: {path}" for name, path in where.configs.items())
    return (
        f"The Azure ML emulator listens.\n\n"
        f"  proxy    {where.proxy} (what clients use)\n"
        f"  control  {where.control} (faults, delays and more: see the README)\n\n"
        f"Workspaces, by their config.json:\n{workspaces}\n\n"
        f"In the shell of a client:\n  source {shlex.quote(str(where.script))}\n\n"
        f"which sets\n{textwrap.indent(_exports(where.environment), '  ')}\n"
        "Ctrl+C ends it, and what it holds is lost."
    )


def _exports(environment: Mapping[str, str]) -> str:
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())


def _with_others(authority: Path) -> Path:
    """A file of the emulator's authority and of those that this machine trusts, for hosts that are let through."""
    both = authority.with_name("with-others.pem")
    both.write_text("\n".join(_text(each) for each in (authority, *_trusted_here())), encoding="utf-8")
    return both


def _trusted_here() -> Sequence[Path]:
    """The machine's own file of authorities, or its folder's files where it has no such file."""
    known = ssl.get_default_verify_paths()
    if known.cafile:
        return (Path(known.cafile),)
    return sorted(Path(known.capath).glob("*.0")) if known.capath else ()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _config(home: Path, workspace: Workspace) -> Path:
    path = home / "workspaces" / workspace.name / "config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    named = {"subscription_id": workspace.subscription, "resource_group": workspace.group}
    path.write_text(json.dumps(named | {"workspace_name": workspace.name}, indent=2) + "\n", encoding="utf-8")
    return path
