"""The ground floor: errors with a remedy, fingerprints, names of languages."""
