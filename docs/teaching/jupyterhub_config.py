"""JupyterHub for this machine alone: nobody outside can reach it, no system user is made.

`make class-load` measures with it. By hand, to see what students will see:

    CLASS_FOLDER=/tmp/class CLASS_PASSWORD=... jupyterhub -f docs/teaching/jupyterhub_config.py
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821  JupyterHub defines it

folder = Path(os.environ["CLASS_FOLDER"])
port = int(os.environ.get("CLASS_PORT", "8000"))

# Whoever knows the one password gets in under any name, and every server runs as the same system user.
# That is good enough on loopback, and nowhere else.
password = os.environ["CLASS_PASSWORD"]
c.JupyterHub.bind_url = f"http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{port + 1}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{port + 2}"
c.Spawner.ip = "127.0.0.1"
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = password
c.Authenticator.allow_all = True

c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(folder / "homes" / "{username}")
c.Spawner.default_url = "/lab"
c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
# Thirty servers that start at once on two cores take longer than the default of one minute.
c.Spawner.start_timeout = c.Spawner.http_timeout = 600

# What `make class-load` hands on: where the shared course lies, how many threads, which processes are its own.
wanted = ("PYTHONPATH", "DLHELPERS_CACHE", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
wanted += ("CLASS_MARK", "http_proxy", "https_proxy", "no_proxy")
c.Spawner.environment = {name: os.environ[name] for name in wanted if name in os.environ}

c.JupyterHub.db_url = f"sqlite:///{folder / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")
# Nothing is left behind when the hub ends.
c.JupyterHub.cleanup_servers = True
c.JupyterHub.cleanup_proxy = True
