"""How an account is asked for on useradd's command line."""

from __future__ import annotations

from cloudconfig.config import User


def useradd_options(user: User) -> list[str]:
    """Return the options for a new account.

    The password is ``*``, which nothing matches and which is not "locked" either, so that ssh keys work; a hash is set
    afterwards through standard input, where no list of processes shows it.
    """
    options = ["--password", "*", "--no-create-home" if user.no_create_home else "--create-home"]
    for option, value in (
        ("--comment", user.gecos),
        ("--home-dir", user.homedir),
        ("--gid", user.primary_group),
        ("--groups", ",".join(user.groups)),
        ("--shell", user.shell),
    ):
        options += [option, value] if value else []
    flags = (("--no-user-group", user.no_user_group), ("--system", user.system), ("--no-log-init", user.no_log_init))
    return [*options, *(flag for flag, wanted in flags if wanted)]
