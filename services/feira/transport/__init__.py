"""How requests and calls travel: routes served over HTTP, contracts over gRPC. What is said is the services' affair."""
