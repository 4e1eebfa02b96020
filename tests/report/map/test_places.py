"""Places of languages: all that a multilingual encoder knows have one, or are said to have none."""

import csv
from importlib.resources import files

import pytest

from isogloss.base.languages import language_code
from isogloss.report.map.places import Place, apart, place_of, places_of

# The languages of mBERT and XLM-R, of the treebanks of UD, and of WikiANN, as they name them.
ENCODERS = """
af am an ar as ast az azb ba bar be bg bn bpy br bs ca ce ceb cs cv cy da de el en es et eu fa fi fr
fy ga gd gl gu ha he hi hr ht hu hy id io is it ja jv ka kk km kn ko ku ky la lb lmo lo lt lv mg min
mk ml mn mr ms my nds ne new nl nn no oc om or pa pl pms pnb ps pt ro ru sa scn sco sd sh si sk sl
so sq sr su sv sw szl ta te tg th tl tr tt ug uk ur uz vi vo war xh yi yo zh zh-Hant
"""
TREEBANKS = """
abq ab akk aqz sq grc hbo apu hyw bm bho bor bxr yue ckt cu cop egl egy myv fo fro frm aln got gub
gn gwi qu hit arr urb xnr krl koi kpv kmr ltg lij olo jaa mpu gv gun mdf myu pcm nyq nap sme orv otk
ota pad xpg phn wuu sms soj ajp gsw tpn xum hsb vep wbp wo xav sjo sah ess say zyb nhi ckb quc azz
"""
WIKIANN = """
ace als ang arc arz ay bh bo cdo ckb co crh csb dv en egl et ext frr fur gan gn hak hr hsb ia ig ilo
jbo jv km ksh la lg li ln mhr mi mwl mzn nah nov pdc pnb qu rm rw sh sl tk vec vep vls vro wa wuu
xmf zea ff kg ik iu za tw ts ve ee lez udm kv cr oj kr chm bua bik kok lah din
"""
CONSTRUCTED = {"epo", "ina", "ile", "ido", "vol", "jbo", "nov"}


@pytest.mark.parametrize(
    "listed", [ENCODERS, TREEBANKS, WIKIANN], ids=["encoders", "ud", "wikiann"]
)
def test_all_but_constructed_languages_have_a_place(listed):
    codes = {spelling: language_code(spelling) for spelling in listed.split()}
    lacking = {code[:3] for code in codes.values() if place_of(code) is None}
    assert lacking <= CONSTRUCTED


def test_constructed_languages_have_none():
    assert not any(place_of(f"{code}-Latn") for code in CONSTRUCTED)


@pytest.mark.parametrize(
    ("code", "country"),
    [  # corners of a country or region: south, west, north, east
        ("deu-Latn", (47, 5, 55, 16)), ("ell-Grek", (34, 19, 42, 29)),
        ("hin-Deva", (20, 72, 32, 86)), ("jpn-Jpan", (30, 129, 46, 146)),
        ("ara-Arab", (12, 34, 33, 60)), ("por-Latn", (36, -10, 43, -6)),
        ("nor-Latn", (57, 4, 72, 32)), ("zho-Hans", (21, 100, 50, 127)),
        ("swa-Latn", (-12, 29, 5, 42)), ("msa-Latn", (0, 99, 7, 120)),
        ("jav-Latn", (-9, 105, -5, 115)), ("que-Latn", (-23, -82, 2, -62)),
        ("fas-Arab", (25, 44, 40, 64)), ("sqi-Latn", (39, 19, 43, 22)),
        ("mon-Cyrl", (41, 87, 53, 120)), ("kur-Latn", (33, 36, 41, 48)),
        ("smo-Latn", (-15, -173, -13, -171)), ("srp-Cyrl", (42, 18, 47, 23)),
        ("aze-Latn", (38, 44, 42, 51)),
    ],
)  # fmt: skip
def test_a_language_is_in_its_country(code, country):
    south, west, north, east = country
    place = place_of(code)
    assert south < place.latitude < north
    assert west < place.longitude < east


def test_the_file_is_whole():
    folder = files("isogloss.report.map")
    text = (folder / "languages.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(text) < 200_000
    assert len({row["code"] for row in rows}) == len(rows) > 7000
    assert all(len(row["code"]) == 3 for row in rows)
    assert all(-90 <= float(row["latitude"]) <= 90 for row in rows)
    assert all(-180 <= float(row["longitude"]) <= 180 for row in rows)


def test_a_macrolanguage_is_where_a_known_variety_is():
    text = (files("isogloss.report.map") / "varieties.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    known = {
        row.partition(",")[0]
        for row in (files("isogloss.report.map") / "languages.csv").read_text().splitlines()
    }
    assert {row["variety"] for row in rows} <= known
    assert not {row["code"] for row in rows} & known
    assert place_of("zho-Hant") == place_of("cmn-Hans")


def test_what_has_no_place_is_left_out_and_order_is_kept():
    assert list(places_of(["jpn-Jpan", "epo-Latn", "deu-Latn"])) == ["jpn-Jpan", "deu-Latn"]


def test_scripts_of_one_language_stand_side_by_side_and_others_stay():
    places = places_of(["srp-Cyrl", "deu-Latn", "srp-Latn", "zho-Hans", "zho-Hant", "cmn-Hans"])
    moved = apart(places, 0.5)
    assert list(moved) == list(places)
    assert moved["deu-Latn"] == places["deu-Latn"]
    assert len(set(moved.values())) == 6
    for code in ("srp-Cyrl", "zho-Hant", "cmn-Hans"):
        far = abs(moved[code].latitude - places[code].latitude)
        assert far <= 0.5
        assert moved[code] != places[code]


def test_moving_apart_stays_on_the_globe():
    moved = apart({"a": Place(89.8, 179.9), "b": Place(89.8, 179.9), "c": Place(89.8, 179.9)}, 2)
    assert all(-90 < place.latitude < 90 for place in moved.values())
    assert all(-180 <= place.longitude <= 180 for place in moved.values())
