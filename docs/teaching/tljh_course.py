"""For The Littlest JupyterHub: lies in /opt/tljh/config/jupyterhub_config.d/, which config.yaml cannot express."""

c = get_config()  # noqa: F821  JupyterHub defines it

c.Spawner.environment = {
    # Filled once by the teacher and owned by root: students read the larger downloads, nobody fetches them again.
    "DLHELPERS_CACHE": "/srv/dlhelpers",
    # Each student's NumPy and TensorFlow would start a thread for every core, and busy ones block the others.
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
