"""What a person or a program is told once the emulator listens."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.emulator.directory import CLIENT, SECRET
from tests.emulator.server import Addresses
from tests.emulator.service import Service
from tests.emulator.state import Workspace


@dataclass(frozen=True, slots=True)
class Started:
    """Addresses, files, and the variables that lead a client here."""

    proxy: str
    control: str
    authority: Path
    config: Path
    configs: dict[str, Path]
    environment: dict[str, str]

    def as_json(self) -> dict[str, object]:
        """Return it for a program."""
        return {
            "proxy": self.proxy,
            "control": self.control,
            "ca": str(self.authority),
            "config": str(self.config),
            "configs": {name: str(path) for name, path in self.configs.items()},
            "environment": self.environment,
        }


def started(service: Service, addresses: Addresses) -> Started:
    """Write each workspace's `config.json` and return where everything is."""
    home = service.options.home
    configs = {each.name: _config(home, each) for each in service.state.workspaces.values()}
    proxy, authority = f"http://127.0.0.1:{addresses.proxy}", home / "authority" / "ca.pem"
    control = f"http://127.0.0.1:{addresses.control}"
    environment = {
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "REQUESTS_CA_BUNDLE": str(authority),
        "SSL_CERT_FILE": str(authority),
        "CURL_CA_BUNDLE": str(authority),
        "AZURE_TENANT_ID": service.state.tenant,
        "AZURE_CLIENT_ID": CLIENT,
        "AZURE_CLIENT_SECRET": SECRET,
    }
    return Started(proxy, control, authority, next(iter(configs.values())), configs, environment)


def greeting(where: Started) -> str:
    """Return what is printed for a person."""
    exports = "\n".join(f"export {name}={value}" for name, value in where.environment.items())
    return (
        f"Azure ML emulator: proxy {where.proxy}, control {where.control}\n"
        f"Workspaces: {', '.join(str(path) for path in where.configs.values())}\n\n{exports}\n\n"
        "Press Ctrl+C to end."
    )


def _config(home: Path, workspace: Workspace) -> Path:
    path = home / "workspaces" / workspace.name / "config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    named = {"subscription_id": workspace.subscription, "resource_group": workspace.group}
    path.write_text(json.dumps(named | {"workspace_name": workspace.name}, indent=2) + "\n", encoding="utf-8")
    return path
