"""Messages and rpcs of KEDA's external scaler, as `python -m tests.keda.generate` makes them of the proto file.

Not a line is written by hand. The methods of `ExternalScalerServicer` raise NotImplementedError because the generator
of gRPC writes its base class so: it answers UNIMPLEMENTED for whatever a servicer leaves out. Ours leaves out nothing,
which `tests/keda/test_generated.py` holds it to.
"""
