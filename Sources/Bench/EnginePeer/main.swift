print("engine-peer")
