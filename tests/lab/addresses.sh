# SPDX-License-Identifier: Apache-2.0
# addresses.sh - who lives where in the lab; read by machine.sh and addresses.py, which takes each
# `export NAME=value` line as it stands.
#
# 192.31.196.0/24 and 2620:4f:8000::/48 are AS112's sinks: public by the registries, so that fence
# needs no exception for them, and nobody's service. Nothing sent to them leaves the namespaces.
export LAB_SELF=192.31.196.1
export LAB_SELF6=2620:4f:8000::1
export LAB_ROUTER=192.31.196.254
export LAB_ROUTER6=2620:4f:8000::254
export LAB_DNS=192.31.196.53
export LAB_GOOD=192.31.196.10
export LAB_GOOD6=2620:4f:8000::10
export LAB_EVIL=192.31.196.11
export LAB_EVIL6=2620:4f:8000::11
export LAB_CLOSED=192.31.196.12
export LAB_SILENT=192.175.48.1
export LAB_DOC_GOOD=203.0.113.10
export LAB_DOC_EVIL=203.0.113.11
export LAB_METADATA=169.254.169.254
export LAB_PRIVATE=10.9.9.9
