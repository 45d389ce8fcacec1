"""The programs that drive the clients. Each uses only ``protocol`` from this project, and judges nothing."""
