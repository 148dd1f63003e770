"""fleet on three real machines, without Elasticsearch: what whoever comes from CoreOS would notice."""
