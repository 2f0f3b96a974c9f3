from ._native import Pack, ProfileInspection, _Path
from ._native import start_inspect_profile as start_inspect_profile

def inspect_profile(path: _Path, *, pack: Pack | None = None) -> ProfileInspection:
    """Looks at a browser's folder as :meth:`HCompany.upload_profile` would, and waits.

    Says what is in it, what of that would be packed, whether a browser is using it, and whether it will sign
    in on Linux. Needs no client and no network; the folder is only read, nothing is decrypted, and no site or
    cookie is named.

    :param path: a browser's user-data folder, or a Firefox profile.
    :param pack: how it would be packed. Default: ``Pack()``. A running browser is reported whatever
        ``if_running`` says.
    :raises InvalidInputError: it is no browser's folder, or ``pack`` does not fit it.
    :raises SourceNotFoundError, SourceUnreadableError: as their names say.
    """
