"""XML files as small trees whose elements know where they stand, so that messages can say so.

Read by defusedxml: entities and references to elsewhere are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from pycompss.errors import ConfigurationError


@dataclass(slots=True)
class Element:
    """One element of a file."""

    tag: str
    attributes: dict[str, str]
    file: str
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str) -> Iterator[Element]:
        """The children of this name."""
        return (child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> Element | None:
        return next(self.all(tag), None)

    def text_of(self, tag: str) -> str | None:
        """The text of the first child of this name."""
        child = self.first(tag)
        return None if child is None else child.text

    def attribute(self, name: str) -> str:
        """An attribute that must be there."""
        if not self.attributes.get(name):
            raise self.wrong(f"needs the attribute {name}=")
        return self.attributes[name]

    def wrong(self, problem: str) -> ConfigurationError:
        """The error that something about this element is wrong."""
        return ConfigurationError(f"{self.place}: <{self.tag}> {problem}")

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


def read(path: str) -> Element:
    """The root element of a file; raises ConfigurationError naming file and line."""
    from defusedxml import DefusedXmlException, sax  # noqa: PLC0415  (loaded when there is XML)

    tree = _Tree(path)
    try:
        with open(path, "rb") as file:
            sax.parse(file, tree)
    except SAXParseException as error:
        raise ConfigurationError(f"{path}:{error.getLineNumber()}: not valid XML: {error.getMessage()}") from None
    except DefusedXmlException as error:
        raise ConfigurationError(f"{path}: refused, because it defines or refers to entities ({error})") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from None
    return tree.root


class _Tree(ContentHandler):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._open: list[Element] = []
        self._where: Locator | None = None
        self.root: Element

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802  (the name given by SAX)
        self._where = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802  (the same)
        line = self._where.getLineNumber() if self._where is not None else None
        element = Element(name.rpartition(":")[2], dict(attrs.items()), self._path, line or 0)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def characters(self, content: str) -> None:
        self._open[-1].text += content

    def endElement(self, name: str) -> None:  # noqa: N802  (the same)
        element = self._open.pop()
        element.text = element.text.strip()
