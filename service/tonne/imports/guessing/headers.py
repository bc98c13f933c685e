"""Names of columns: what each may mean, and the row in which they stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tonne.catalogue.words import units
from tonne.imports.values.numbers import GROUPS

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES: dict[str, tuple[str, ...]] = {
    "record_id": (
        *(
            "record_id",
            "record id",
            "meter consumption id",
            "invoice number",
            "invoice no",
            "bill id",
        ),
        *("document number", "transaction id", "reading id", "rechnungsnummer", "发票号"),
    ),
    "facility": (
        *(
            "facility",
            "facility name",
            "site",
            "site name",
            "property name",
            "building",
            "location",
        ),
        *(
            "premise",
            "plant",
            "store",
            "station",
            "meter id",
            "meter number",
            "meter name",
            "meter",
        ),
        *(
            "mpan",
            "mprn",
            "nmi",
            "ean",
            "cups",
            "standort",
            "zählernummer",
            "站点",
            "机房",
            "设施",
            "场所",
        ),
        *("site nom", "centro", "sede", "account number"),
        *("lieferstelle", "zählpunkt", "liegenschaft", "gebäude", "compteur", "contador"),
        *("werk", "niederlassung", "filiale", "établissement", "bâtiment", "édifice", "lieu"),
        *(
            "establecimiento",
            "edificio",
            "instalación",
            "centro de trabajo",
            "stabilimento",
            "sito",
        ),
        *("unidade", "estabelecimento", "工厂", "门店", "楼宇", "建筑", "地点", "name"),
        *("account", "account no", "account id", "customer name", "service address"),
        *("vehicle", "vehicle id", "vehicle registration", "fahrzeug", "véhicule", "车辆"),
    ),
    "activity": (
        *("énergie", "type d'énergie", "energia", "tipo de energía", "tipo de energia", "fuente"),
        *("energieträger", "brennstoff", "combustible", "carburant", "combustibile", "vettore"),
        *("能源", "燃料", "能源品种", "排放源"),
        *("activity", "meter type", "energy type", "fuel type", "fuel", "commodity", "utility"),
        *(
            "energy source",
            "category",
            "emission source",
            "类型",
            "能源类型",
            "energieart",
            "energía",
        ),
    ),
    "quantity": (
        *("quantity", "usage/quantity", "usage", "consumption", "amount used", "volume", "energy"),
        *(
            "total usage",
            "kwh",
            "energy consumption",
            "value",
            "reading",
            "amount",
            "用量",
            "用电量",
            "数量",
        ),
        *("verbrauch", "menge", "consommation", "quantité", "consumo", "cantidad"),
        *(
            "consumi",
            "quantità",
            "quantidade",
            "consommation totale",
            "consumo total",
            "consumo totale",
        ),
        *("verbrauchsmenge", "gesamtverbrauch", "电量", "能耗", "消耗量", "耗电量", "使用量"),
        *("meter reading", "register", "register reading", "cumulative", "cumulative reading"),
        *("counter", "index", "zählerstand", "stand", "relevé", "relevé d'index", "lectura"),
        *("读数", "抄表", "抄表读数", "readings"),
    ),
    "unit": (
        "unit",
        "units",
        "usage units",
        "uom",
        "unit of measure",
        "单位",
        "einheit",
        "unité",
        "unidad",
        "unità",
        "mengeneinheit",
        "计量单位",
    ),
    "start": (
        *(
            "start",
            "start date",
            "from",
            "period start",
            "billing start",
            "service from",
            "bill start",
        ),
        *(
            "start date/time",
            "start interval date/time",
            "start time",
            "from date",
            "date from",
            "von",
        ),
        *(
            "beginn",
            "début",
            "du",
            "desde",
            "inicio",
            "开始日期",
            "开始时间",
            "period begin",
            "date",
        ),
        *(
            "timestamp",
            "time",
            "datetime",
            "date/time",
            "reading date",
            "read date",
            "meter read date",
            "datum",
            "fecha",
            "日期",
            "day",
        ),
        *("month", "period", "billing month", "月份", "月", "mois", "mes", "mese", "mês", "monat"),
        *("période", "periodo", "período", "zeitraum", "abrechnungsmonat", "mois de facturation"),
        *("startdatum", "date de début", "date début", "fecha inicio", "fecha de inicio", "data"),
        *("data inizio", "data di inizio", "data de início", "data inicial", "起始日期", "期间"),
        *("year", "jahr", "année", "año", "ano", "anno", "年份", "年", "年度", "reporting year"),
        *("quarter", "quartal", "trimestre", "季度"),
        *("service start", "service start date", "billing start date", "bill start date"),
    ),
    "end": (
        *("end", "end date", "to", "until", "period end", "billing end", "service to", "bill end"),
        *("end date/time", "end time", "to date", "date to", "bis", "ende", "fin", "au", "hasta"),
        *("结束日期", "结束时间", "终止日期", "截止日期", "enddatum", "date de fin", "date fin"),
        *("fecha fin", "fecha de fin", "data fine", "data di fine", "data de fim", "data final"),
        *("service end", "service end date", "billing end", "billing end date", "bill end date"),
    ),
    "region": (
        "region",
        "country",
        "grid region",
        "state",
        "province",
        "country code",
        "地区",
        "省份",
        "land",
    ),
    "supplier": (
        "supplier",
        "vendor",
        "utility name",
        "provider",
        "lieferant",
        "fournisseur",
        "供应商",
    ),
    "data_quality": (
        "data_quality",
        "data quality",
        "estimation?",
        "estimated?",
        "estimated",
        "read type",
    ),
    "evidence": ("evidence", "document", "file"),
}
"""Names that people give to columns, the likeliest first."""

METERS = frozenset(
    {
        *("meter", "meter id", "meter number", "meter name", "meter no", "mpan", "mprn", "nmi"),
        *("ean", "cups", "zähler", "zählernummer", "zählpunkt", "lieferstelle", "compteur"),
        *("contador", "电表", "电表编号", "表号"),
    }
)
"""What columns of meters are called."""

UNIT_BEHIND = re.compile(r"^(?P<name>.*?)(?:[ _]*[(\[]| / )(?P<unit>[^()\[\]/]+)[)\]]?$")
"""A unit in a header: `Usage (kWh)`, `Usage [kWh]`, `Usage / kWh` of two rows."""

_SIGNS = "".join(GROUPS.values())
_NUMBER = re.compile(rf"^[-+(]?[0-9][0-9{re.escape(_SIGNS)}]*\)?-?$")
_DATE = re.compile(r"^[0-9]{1,4}[-/.年][0-9]{1,2}([-/.月][0-9]{1,4}日?)?([ T].*)?$")
HEADER_ROWS = 60


def plain(name: str) -> str:
    """Bring a header's name into the form in which the table above has it."""
    return " ".join(name.replace("_", " ").split()).casefold()


def is_number(text: str) -> bool:
    """Whether a text looks like a number of any form."""
    return bool(_NUMBER.match(text.strip()))


def is_value(text: str) -> bool:
    """Whether a text looks like a number or a date: a cell, and no name."""
    text = text.strip()
    return is_number(text) or bool(_DATE.match(text))


def find_header_row(head: Sequence[Sequence[str]]) -> int:
    """Find the row with the names: most of them known, above a row of values; from 1."""
    best, best_score = 1, -1.0
    known = {name for names in NAMES.values() for name in names}
    for number, row in enumerate(head[:HEADER_ROWS], 1):
        cells = [cell for cell in row if cell.strip()]
        below = [each for each in head[number : number + 10] if any(map(str.strip, each))]
        if below and is_unit_row(below[0]):
            below = below[1:]
        has_values = bool(below) and any(is_value(cell) for cell in below[0] if cell.strip())
        if len(cells) < 2 or not has_values:  # noqa: PLR2004  # one cell is a title
            continue
        names = [UNIT_BEHIND.sub(r"\g<name>", cell) for cell in cells]
        score = sum(plain(name) in known for name in names) * 10
        score += len(cells) - 3 * sum(is_number(cell) for cell in cells)
        if score > best_score:
            best, best_score = number, score
    return best


_YEAR = re.compile(r"(?:FY\s?)?[12][0-9]{3}年?")


def is_unit_row(row: Sequence[str]) -> bool:
    """Whether a row has nothing but units: they belong to the names above."""
    cells = [cell.strip(" ()[]") for cell in row if cell.strip()]
    return bool(cells) and all(
        units.find(cell) is not None and not is_number(cell) for cell in cells
    )


def header_rows(head: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Find the first and last row of the header: years above months, units below names."""
    row = find_header_row(head)
    above = [cell.strip() for cell in head[row - 2] if cell.strip()] if row > 1 else []
    if any(map(_YEAR.fullmatch, above)) and not any(is_value(c) for c in head[row - 1] if c):
        return row - 1, row
    if row < len(head) and is_unit_row(head[row]):
        return row, row + 1
    return row, row


def roles(header: Sequence[str]) -> dict[str, int]:
    """Tell which column may be which field: a field's likeliest name wins."""
    places: dict[str, list[int]] = {}
    for index, name in enumerate(header):
        for each in {plain(UNIT_BEHIND.sub(r"\g<name>", name)), plain(name)}:
            places.setdefault(each, []).append(index)
    found: dict[str, int] = {}
    for field, words in NAMES.items():
        for word in words:
            free = [index for index in places.get(plain(word), ()) if index not in found.values()]
            if free:
                found[field] = free[0]
                break
    return found


def rivals(header: Sequence[str], field: str, free: Sequence[int]) -> list[str]:
    """List the other columns that a field's names fit, of those that are free."""
    words = set(map(plain, NAMES[field]))
    return [
        header[place]
        for place in free
        if {plain(header[place]), plain(UNIT_BEHIND.sub(r"\g<name>", header[place]))} & words
    ]
