"""The judge's children: started, limited, closed around a submission, listened to."""
