"""What runs inside the Elasticsearch image: the node, its startup lease, its discovery.

Standard library only, so that the image needs Python and nothing else.
"""
