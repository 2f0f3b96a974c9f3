from ._native import KeyPair, OpenedFile, _OnProgress, _Path
from ._native import start_open_sealed as start_open_sealed

def open_sealed(
    path: _Path,
    *,
    to: _Path,
    key_pair: KeyPair,
    sender_public_key: str | None = None,
    encrypted_key: str | None = None,
    encryption_iv: str | None = None,
    encryption_salt: str | None = None,
    on_progress: _OnProgress | None = None,
) -> OpenedFile:
    """Opens a file that was downloaded sealed, and waits.

    The texts are those of the transfer's download reply, in base64, ``None`` included. Needs no client and
    no network. What is sent through presigned URLs has an ``encrypted_key``; the official SDK seals small
    files with a key that follows from a salt, and files for a person with one that tells no sender.

    :param path: the file as it was downloaded. A leading ``~/`` is the home folder.
    :param to: where the opened one goes. Nothing may be there yet, and nothing is until its tag was
        checked: then it appears there whole, readable by its owner alone.
    :param key_pair: the recipient's.
    :param sender_public_key: the sender's public key: standard base64 of 32 raw bytes. With it, only what
        that sender sealed opens. A file that is sealed for a person tells no sender, and opens without it
        alone.
    :param encrypted_key: the transfer's wrapped key: base64 of 60 bytes. A transfer without one has a
        salt.
    :param encryption_iv: the file's nonce: base64 of 12 bytes. A file that is sealed for a person holds
        its own.
    :param encryption_salt: the transfer's salt, where it has one: base64 of 32 bytes.
    :param on_progress: a plain function, called on this thread with a :class:`Progress`, every 0.1 s at
        most and once at the end. If it raises, the call is cancelled and the exception passes through.
    :raises EncryptionError: it is not what the sender sealed for these keys.
    :raises InvalidInputError: there is something at ``to``, or it cannot be written there.
    :raises SourceUnreadableError, SourceChangedError, DiskFullError: as their names say.
    """
