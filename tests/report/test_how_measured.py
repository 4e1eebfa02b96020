"""How costs were measured, told: rounds, devices, and whose warm-up did not become stable."""

from isogloss.report.comparison.measured import how_measured

MACHINE = {
    "cpu": "toy", "physical_cores": 2, "threads": 2, "ram_gb": 8.0, "gpu": "big",
    "libraries": {"torch": "2"},
    "matmul_peak_flops": {"cpu": {"fp32": 1e11}, "cuda": {"bf16": 9e14}},
}  # fmt: skip
LENGTHS = {"n": 9, "mean": 3.5, "unit": "words", "median": 3.0, "max": 8}


def part(device="cpu", precision="fp32", stable=True, failure=None):
    told = {"device": device, "precision": precision, "stable": stable}
    return {**told, "failure": failure, "missing": {}}


def told(**parts):
    record = {
        "machine": MACHINE,
        "rounds": 3,
        "busy": [],
        "watched": True,
        "lengths": LENGTHS,
        "parts": parts,
    }
    return list(how_measured(record))


def test_peaks_are_told_by_device_and_precision():
    assert "100 GFLOP/s on cpu in fp32, 900000 GFLOP/s on cuda in bf16" in told(A=part())[0]


def test_rounds_and_one_device_for_all_are_told_once():
    lines = told(A=part(), B=part())
    assert "Rounds: 3, in each of which every candidate took its turn" in lines
    assert "Computed on cpu in fp32" in lines
    assert not any("warm-up" in line for line in lines)


def test_devices_and_precisions_that_differ_are_told_one_by_one():
    lines = told(A=part("cuda:0", "bf16"), B=part(precision="int8"))
    assert "Computed differently: A on cuda:0 in bf16; B on cpu in int8" in lines


def test_a_warm_up_that_did_not_become_stable_is_told_with_its_candidates():
    lines = told(A=part(stable=False), B=part(), C=part(stable=False))
    (line,) = (line for line in lines if "warm-up" in line)
    assert "for A, C:" in line


def test_a_candidate_that_was_not_loaded_has_failed_and_no_device():
    lines = told(A=part(), B=part(None, None, None, "broken"))
    assert "**B failed**: broken" in lines
    assert "Computed on cpu in fp32" in lines
    assert not any("warm-up" in line for line in lines)
