.PHONY: help test conformance
help:
	@echo "make test | make conformance"
