"""Tidies an SVG that matplotlib has written: the same bytes everywhere, small, and fit to be read out."""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET

HALO = "halo"  # the name of a group whose text keeps its surroundings free
_HALO_STYLE = "stroke: #ffffff; stroke-width: 3.5px; paint-order: stroke"
_SVG, _XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
_NUMBER = re.compile(r"-?\d+\.\d+|-0\b")
_URL = re.compile(r"url\(#([^)]*)\)")
_SHAPES = ("path", "use", "text")


def tidied(svg: bytes, width: float, height: float, title: str, alt: str) -> str:
    """The same drawing with a title and a text alternative, and without what only one machine would write.

    Args:
        svg: as matplotlib writes it.
        width, height: in pixels.
        title: what it is.
        alt: what there is to see.
    """
    found = ET.fromstring(svg)
    size = {"width": f"{width:g}", "height": f"{height:g}", "viewBox": f"0 0 {width:g} {height:g}"}
    names = {"xmlns": _SVG[1:-1], "xmlns:xlink": _XLINK[1:-1]}
    look = {"stroke-linejoin": "round", "font-family": "sans-serif"}
    root = ET.Element("svg", {**names, **size, "role": "img", **look})
    ET.SubElement(root, "title").text = title
    ET.SubElement(root, "desc").text = alt
    used = ET.SubElement(root, "defs")
    for element in found.iter():
        element.tag = element.tag.removeprefix(_SVG)
        _plain(element)
    for group in found.iter("g"):
        if group.get("id") == HALO:
            for element in group.iter("text"):
                element.set("style", f"{element.attrib['style']}; {_HALO_STYLE}")
    ids: list[str] = []
    for element in [each for defs in found.iter("defs") for each in defs]:
        if element.tag != "style" and element.attrib["id"] not in ids:
            ids.append(element.attrib["id"])
            used.append(element)
    inside = {id(each) for element in used for each in element.iter()}
    for shape in used:
        link = f"#{shape.attrib['id']}"
        marks = [element for element in found.iter("use") if element.get("xlink:href") == link]
        if len({element.get("style") for element in marks}) == 1:  # what they look like is said once
            for element in marks:
                shape.set("style", element.attrib["style"])
                del element.attrib["style"]
    for element in found.iter():
        if element.tag in _SHAPES and id(element) not in inside:
            _append(root, element)
    if not ids:
        root.remove(used)
    ET.indent(root, space="")
    # Several pictures may stand in one page, where equal names must mean equal things. Those of matplotlib
    # come from numbers before they are rounded, which differ between machines.
    _rename(root, {old: f"p{number}" for number, old in enumerate(ids)})
    digest = hashlib.sha256(ET.tostring(root)).hexdigest()[:8]
    _rename(root, {f"p{number}": f"p{digest}-{number}" for number in range(len(ids))})
    return ET.tostring(root, encoding="unicode") + "\n"


def _append(root: ET.Element, element: ET.Element) -> None:
    """Put an element at the end; paths that look the same become one."""
    last = root[-1]
    if element.tag == last.tag == "path" and element.get("style") == last.get("style"):
        last.set("d", f"{last.attrib['d']} {element.attrib['d']}")
    else:
        root.append(element)


def _rename(root: ET.Element, names: dict[str, str]) -> None:
    """Give definitions other names, here and where they are used."""
    for element in root.iter():
        if element.get("id") in names:
            element.set("id", names[element.attrib["id"]])
        if element.tag == "use":
            element.set("xlink:href", f"#{names[element.attrib['xlink:href'][1:]]}")
        if (found := _URL.search(element.get("style", ""))) is not None:
            element.set("style", _URL.sub(f"url(#{names[found[1]]})", element.attrib["style"]))


def _plain(element: ET.Element) -> None:
    """Round every number of an element to a tenth of a pixel, and leave out what says nothing."""
    link = element.attrib.pop(f"{_XLINK}href", None)
    if link is not None:
        element.set("xlink:href", link)
    element.attrib.pop("transform", None)  # nothing on a sheet is turned
    for name, value in element.attrib.items():
        if name in ("d", "x", "y", "style"):
            text = _NUMBER.sub(lambda match: f"{round(float(match[0]), 1) + 0.0:g}", value)
            element.set(name, " ".join(text.split()))
    style = re.sub(r"font-family: [^;]*; ?", "", element.get("style", ""))
    style = re.sub(
        r"(?:fill|stroke)-opacity: 1; ?|stroke-linejoin: \w+;? ?|stroke-dashoffset: 0; ?", "", style
    )
    if style:
        element.set("style", style.rstrip("; "))
