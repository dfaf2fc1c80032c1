"""What the REST interface answers when it cannot do what was asked."""


class RestError(Exception):
    """An answer with an HTTP status and the text clients find under `status.error`."""

    status = 500


class BadInput(RestError):
    """The request contradicts itself or the collection."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(f"Wrong input: {message}")


class BadFormat(RestError):
    """The body is not what the operation takes."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(f"Format error in JSON body: {message}")


class NotFound(RestError):
    """No such collection, alias or point."""

    status = 404

    def __init__(self, message: str) -> None:
        super().__init__(f"Not found: {message}")


class AlreadyExists(RestError):
    """The name is taken."""

    status = 409

    def __init__(self, message: str) -> None:
        super().__init__(f"Wrong input: {message}")
