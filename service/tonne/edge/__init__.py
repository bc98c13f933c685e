"""gRPC in, gRPC out: one thin method for each call.

`border` stands around every method: it parses the request, runs the method, and turns what is
raised into a status by the one table of `status`. `codec` turns dataclasses into messages and
back. `admin` answers over HTTP for those who watch the process.

Takes from: the network.
Hands to: ingest (bytes of Append and PostRecords), ledger, reports (plain arguments).
Never: decides anything about records, blocks the event loop, lets an exception's text out
that is no `TonneError`.
"""
